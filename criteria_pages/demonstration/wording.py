"""The official wording: Form 01 and Annex I of Decree 335/2025/NĐ-CP, and a Party form of 17 items.

Labels of the State sets are the form's, word for word; guidance and the two texts of II.4 are Annex I's. The Party
form's items are a plausible composition in the language of Party documents, until the province issues its own.
"""

from typing import NamedTuple


class Item(NamedTuple):
    """A common criterion: its code, maximum, wording, clause and behaviours."""

    code: str
    maximum: str
    label: str
    citation: str = ""
    guidance: tuple[str, ...] = ()
    facing: str = ""
    others: str = ""


class Group(NamedTuple):
    """A section of common criteria."""

    code: str
    maximum: str
    label: str
    citation: str
    items: tuple[Item, ...]


COMMON = (
    Group(
        "I",
        "10",
        "Phẩm chất chính trị, phẩm chất đạo đức, văn hóa thực thi công vụ và ý thức kỷ luật, kỷ cương trong thực thi "
        "công vụ",
        "Đ12.2.a",
        (
            Item(
                "I.1",
                "5",
                "Phẩm chất chính trị, phẩm chất đạo đức, văn hóa thực thi công vụ",
                "Phụ lục I, 1.a",
                (
                    "Chấp hành nghiêm túc đường lối, chủ trương của Đảng, chính sách pháp luật của Nhà nước và các "
                    "nguyên tắc tổ chức, kỷ luật của Đảng.",
                    "Có quan điểm, bản lĩnh chính trị vững vàng; kiên định lập trường; không dao động trước mọi khó "
                    "khăn, thách thức.",
                    "Có ý thức nghiên cứu, học tập, vận dụng chủ nghĩa Mác - Lênin, tư tưởng Hồ Chí Minh, nghị quyết, "
                    "chỉ thị, quyết định và các văn bản của Đảng và Nhà nước.",
                    "Giữ gìn phẩm chất đạo đức, lối sống trong sáng, trung thực, khiêm tốn, chân thành, giản dị; cần, "
                    "kiệm, liêm, chính, chí công vô tư trong thực thi công vụ; không có biểu hiện suy thoái về tư "
                    "tưởng chính trị, đạo đức, lối sống, “tự diễn biến”, “tự chuyển hóa”.",
                    "Không tham ô, tham nhũng, lãng phí, tiêu cực, quan liêu, hách dịch, cửa quyền, vụ lợi; không để "
                    "người thân, người quen lợi dụng chức vụ, quyền hạn của mình để trục lợi.",
                    "Có tinh thần đoàn kết, ý thức xây dựng cơ quan, tổ chức, đơn vị trong sạch, vững mạnh; tích cực "
                    "tham gia các hoạt động tập thể.",
                    "Thực hiện văn hóa công vụ: có thái độ đúng mực, phong cách làm việc chuẩn mực, chuyên nghiệp "
                    "trong quan hệ công tác.",
                    "Tinh thần tự phê bình; tự soi, tự sửa; mức độ tự giác nhận diện hạn chế, khuyết điểm của bản "
                    "thân và kết quả khắc phục sau khi đã được chỉ ra.",
                ),
            ),
            Item(
                "I.2",
                "5",
                "Ý thức kỷ luật, kỷ cương trong thực thi công vụ",
                "Phụ lục I, 1.b",
                (
                    "Chấp hành sự phân công của tổ chức.",
                    "Thực hiện các quy định, quy chế, nội quy của cơ quan, tổ chức, đơn vị nơi công tác.",
                    "Thực hiện việc kê khai và công khai tài sản, thu nhập theo quy định.",
                    "Báo cáo đầy đủ, trung thực, cung cấp thông tin chính xác, khách quan về những nội dung liên quan "
                    "đến việc thực hiện chức trách, nhiệm vụ được giao và hoạt động của cơ quan, tổ chức, đơn vị với "
                    "cấp trên khi được yêu cầu.",
                ),
            ),
        ),
    ),
    Group(
        "II",
        "10",
        "Năng lực chuyên môn, nghiệp vụ theo yêu cầu của vị trí việc làm; khả năng đáp ứng yêu cầu thực thi nhiệm vụ "
        "được giao; tinh thần trách nhiệm trong thực thi công vụ; thái độ phục vụ người dân, doanh nghiệp và khả năng "
        "phối hợp với đồng nghiệp",
        "Đ12.2.b",
        (
            Item(
                "II.1",
                "2.5",
                "Năng lực chuyên môn, nghiệp vụ theo yêu cầu của vị trí việc làm",
                "Phụ lục I, 2.a",
                (
                    "Có kiến thức chuyên sâu, toàn diện về lĩnh vực công tác được phân công; hiểu biết đầy đủ về quy "
                    "định pháp luật, quy trình nghiệp vụ có liên quan đến vị trí việc làm.",
                    "Thường xuyên cập nhật kiến thức mới, có khả năng nghiên cứu, phân tích, tổng hợp và vận dụng "
                    "sáng tạo vào công việc; đáp ứng yêu cầu đổi mới, cải cách hành chính.",
                    "Có kỹ năng xử lý công việc độc lập, làm việc nhóm hiệu quả; sử dụng thành thạo công nghệ thông "
                    "tin và các công cụ hỗ trợ phục vụ chuyên môn, nghiệp vụ.",
                ),
            ),
            Item(
                "II.2",
                "2.5",
                "Khả năng đáp ứng yêu cầu thực thi nhiệm vụ được giao thường xuyên, đột xuất",
                "Phụ lục I, 2.b",
                (
                    "Nhiệm vụ thường xuyên: Có khả năng vận dụng thành thạo kiến thức chuyên môn, nghiệp vụ để xử lý "
                    "công việc chuyên môn theo kế hoạch định kỳ; duy trì ổn định chất lượng chuyên môn.",
                    "Nhiệm vụ đột xuất: Chủ động đề xuất giải pháp, thực hiện hiệu quả các công việc phát sinh có "
                    "tính chất chuyên môn cao; có khả năng phản ứng nhanh, chính xác với yêu cầu mới.",
                ),
            ),
            Item(
                "II.3",
                "2.5",
                "Tinh thần trách nhiệm trong thực thi công vụ",
                "Phụ lục I, 2.c",
                (
                    "Có tinh thần trách nhiệm trong việc nghiên cứu, đề xuất, tham mưu nội dung chuyên môn; chủ động "
                    "tiếp cận thông tin, kịp thời điều chỉnh cách làm để phù hợp với yêu cầu mới.",
                    "Tích cực cập nhật, ứng dụng kiến thức, công nghệ mới trong công việc chuyên môn; có tinh thần cầu "
                    "thị, phối hợp tốt trong các hoạt động liên quan đến chuyên môn.",
                ),
            ),
            Item(
                "II.4",
                "2.5",
                "Thái độ phục vụ người dân, doanh nghiệp và khả năng phối hợp với đồng nghiệp",
                "Phụ lục I, 2.d",
                (),
                "Được người dân, doanh nghiệp đánh giá tích cực về tính chuyên nghiệp, rõ ràng, minh bạch trong tiếp "
                "nhận, giải quyết thủ tục hành chính, cung cấp thông tin, tư vấn chuyên môn (đối với các vị trí việc "
                "làm tiếp xúc trực tiếp với người dân, doanh nghiệp).",
                "Được đánh giá có tinh thần trách nhiệm, hợp tác trong chuyên môn; bảo đảm phối hợp hiệu quả trong xử "
                "lý liên thông các thủ tục, công việc (đối với các vị trí việc làm không tiếp xúc trực tiếp với người "
                "dân, doanh nghiệp).",
            ),
        ),
    ),
    Group(
        "III",
        "10",
        "Năng lực đổi mới, sáng tạo, dám nghĩ, dám làm, dám chịu trách nhiệm vì lợi ích chung trong thực thi công vụ",
        "Đ12.2.c",
        tuple(
            # Annex I has the same sentence as the form for each of these four: it is the behaviour.
            Item(f"III.{number}", "2.5", text, f"Phụ lục I, 3.{letter}", (text,))
            for number, letter, text in (
                (
                    1,
                    "a",
                    "Có sản phẩm, giải pháp đột phá, sáng tạo đem lại giá trị, hiệu quả thiết thực, tác động tích cực "
                    "đến kết quả thực hiện nhiệm vụ của cơ quan, tổ chức, đơn vị.",
                ),
                (
                    2,
                    "b",
                    "Sẵn sàng tham gia thực hiện nhiệm vụ chính trị đặc biệt quan trọng, nhiệm vụ có tính chất đột "
                    "xuất, phức tạp hoặc trong điều kiện khó khăn.",
                ),
                (
                    3,
                    "c",
                    "Có tinh thần chịu trách nhiệm trước kết quả công việc; chủ động nhận trách nhiệm khi có sai sót "
                    "và có biện pháp khắc phục rõ ràng, cụ thể.",
                ),
                (
                    4,
                    "d",
                    "Chủ động đưa ra quyết định trong phạm vi thẩm quyền, không né tránh; có tinh thần tiên phong "
                    "trong thực hiện những nhiệm vụ mới.",
                ),
            )
        ),
    ),
)

PARTY = (
    Group(
        "I",
        "18",
        "Phẩm chất chính trị, tư tưởng, đạo đức, lối sống, tác phong và ý thức tổ chức kỷ luật",
        "",
        tuple(
            Item(f"I.{number}", "2", text)
            for number, text in enumerate(
                (
                    "Trung thành với Đảng, Tổ quốc và Nhân dân; kiên định chủ nghĩa Mác - Lênin, tư tưởng Hồ Chí Minh "
                    "và đường lối đổi mới của Đảng.",
                    "Chấp hành nghiêm Điều lệ Đảng, nghị quyết, chỉ thị, quy định của Đảng, chính sách, pháp luật của "
                    "Nhà nước và các nguyên tắc tổ chức, sinh hoạt đảng.",
                    "Học tập, quán triệt đầy đủ nghị quyết, chỉ thị của Đảng; học tập và làm theo tư tưởng, đạo đức, "
                    "phong cách Hồ Chí Minh gắn với nhiệm vụ được giao.",
                    "Giữ gìn đạo đức, lối sống trong sáng, trung thực, giản dị; cần, kiệm, liêm, chính, chí công vô "
                    "tư; không có biểu hiện suy thoái, “tự diễn biến”, “tự chuyển hóa”.",
                    "Thực hiện nghiêm quy định về những điều đảng viên không được làm và trách nhiệm nêu gương của cán "
                    "bộ, đảng viên.",
                    "Không tham nhũng, lãng phí, tiêu cực; không để người thân, người quen lợi dụng chức vụ để trục "
                    "lợi; kê khai tài sản, thu nhập đầy đủ, trung thực.",
                    "Giữ gìn đoàn kết, thống nhất trong cấp ủy, cơ quan, đơn vị; tự phê bình và phê bình thẳng thắn, "
                    "chân thành; khắc phục kịp thời hạn chế đã được chỉ ra.",
                    "Chấp hành sự phân công, điều động của tổ chức; thực hiện nghiêm quy chế làm việc và chế độ báo "
                    "cáo, cung cấp thông tin trung thực, khách quan.",
                    "Tác phong làm việc dân chủ, khoa học, sâu sát cơ sở; gắn bó, lắng nghe và giải quyết kịp thời kiến "
                    "nghị chính đáng của Nhân dân.",
                ),
                start=1,
            )
        ),
    ),
    Group(
        "II",
        "4",
        "Năng lực lãnh đạo, chỉ đạo, điều hành và tổ chức thực hiện nhiệm vụ",
        "",
        tuple(
            Item(f"II.{number}", "1", text)
            for number, text in enumerate(
                (
                    "Cụ thể hóa chủ trương của cấp ủy cấp trên thành chương trình, kế hoạch công tác sát với tình hình "
                    "của địa phương, đơn vị.",
                    "Phân công rõ người, rõ việc, rõ thời hạn, rõ kết quả; đôn đốc, kiểm tra, giám sát thường xuyên.",
                    "Phối hợp chặt chẽ giữa các cơ quan trong hệ thống chính trị khi giải quyết công việc chung.",
                    "Chỉ đạo cải cách hành chính, chuyển đổi số trong lĩnh vực phụ trách đạt kết quả cụ thể.",
                ),
                start=1,
            )
        ),
    ),
    Group(
        "III",
        "8",
        "Tinh thần đổi mới, sáng tạo, dám nghĩ, dám làm, dám chịu trách nhiệm vì lợi ích chung",
        "",
        tuple(
            Item(f"III.{number}", "2", text)
            for number, text in enumerate(
                (
                    "Có giải pháp, cách làm mới được áp dụng, mang lại hiệu quả thiết thực trong lĩnh vực phụ trách.",
                    "Sẵn sàng nhận và tổ chức thực hiện nhiệm vụ khó, đột xuất, phức tạp.",
                    "Quyết định kịp thời trong phạm vi thẩm quyền, không đùn đẩy, không né tránh trách nhiệm.",
                    "Chịu trách nhiệm trước cấp ủy, tổ chức và Nhân dân về kết quả công việc; chủ động nhận trách nhiệm "
                    "và sửa chữa khi có sai sót.",
                ),
                start=1,
            )
        ),
    ),
)

RATIOS = (
    (
        "a",
        "quantity",
        "Điểm tỷ lệ phần trăm (%) về số lượng kết quả thực hiện nhiệm vụ",
        "Đ14.2.a",
        "Tỷ lệ giữa số lượng sản phẩm/công việc hoàn thành (đã quy đổi) với số lượng sản phẩm/công việc được giao (đã "
        "quy đổi) trong kỳ.",
    ),
    (
        "b",
        "quality",
        "Điểm tỷ lệ phần trăm (%) về chất lượng kết quả thực hiện nhiệm vụ",
        "Đ14.2.b",
        "Tỷ lệ giữa số lượng sản phẩm/công việc hoàn thành đạt yêu cầu về chất lượng nội dung (đã quy đổi) với số lượng "
        "được giao (đã quy đổi). Mỗi lần đánh giá chưa đạt do sai sót lớn về nội dung bị trừ 25% điểm chất lượng của "
        "sản phẩm/công việc đó, trừ trường hợp do nguyên nhân khách quan được cấp có thẩm quyền xác nhận.",
    ),
    (
        "c",
        "progress",
        "Điểm tỷ lệ phần trăm (%) về tiến độ kết quả thực hiện nhiệm vụ",
        "Đ14.2.c",
        "Tỷ lệ giữa số lượng sản phẩm/công việc hoàn thành đạt tiến độ trở lên (đã quy đổi) với số lượng được giao (đã "
        "quy đổi). Mỗi lần chậm bị trừ 25% điểm tiến độ của sản phẩm/công việc đó, trừ trường hợp do nguyên nhân khách "
        "quan được cấp có thẩm quyền xác nhận.",
    ),
)

MANAGED = (
    "d",
    "Điểm tỷ lệ phần trăm (%) về kết quả hoạt động của lĩnh vực được giao lãnh đạo, quản lý, phụ trách",
    "Đ15.3.a",
    (
        "Đạt 100% khi 100% công chức thuộc thẩm quyền quản lý có điểm theo dõi, đánh giá ở mức điểm tương ứng với mức "
        "xếp loại chất lượng hoàn thành nhiệm vụ trở lên.",
        "Đạt 50% khi có công chức thuộc thẩm quyền quản lý có điểm theo dõi, đánh giá ở mức điểm tương ứng với mức xếp "
        "loại chất lượng không hoàn thành nhiệm vụ.",
        "Đối với cấp phó của người đứng đầu: tính trong phạm vi nhiệm vụ, lĩnh vực được giao phụ trách.",
    ),
)

CHOICES = (
    (
        "đ",
        "Điểm tỷ lệ phần trăm (%) về khả năng tổ chức triển khai thực hiện nhiệm vụ",
        "Đ15.3.b",
        "Đơn vị hoàn thành đầy đủ các nhiệm vụ theo kế hoạch đúng thời hạn, bảo đảm chất lượng, có sáng kiến hoặc giải "
        "pháp tổ chức thực hiện hiệu quả.",
        "Trong kỳ đánh giá có tồn tại, hạn chế, chậm trễ kéo dài trong việc thực hiện chương trình, kế hoạch công tác "
        "được giao.",
    ),
    (
        "e",
        "Điểm tỷ lệ phần trăm (%) về năng lực tập hợp, đoàn kết công chức thuộc phạm vi quản lý",
        "Đ15.3.c",
        "Đơn vị duy trì được môi trường làm việc đoàn kết, phối hợp hiệu quả giữa các cá nhân, bộ phận.",
        "Trong kỳ đánh giá phát sinh phản ánh, khiếu nại, kiến nghị về mâu thuẫn, mất đoàn kết nội bộ kéo dài.",
    ),
)
