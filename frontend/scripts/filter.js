import { Controller } from "@hotwired/stimulus";
import { fill } from "./numbers.js";

// Find as you type in a list already on the page; "nguyen" finds "Nguyễn", "dang" finds "Đặng".
export default class Filter extends Controller {
  static targets = ["input", "item", "status", "box"];

  connect() {
    this.texts = new Map(
      this.itemTargets.map((item) => [item, fold(item.dataset.filterText ?? item.textContent)]),
    );
    this.boxTargets.forEach((box) => box.removeAttribute("hidden"));
    this.apply();
  }

  apply() {
    const words = fold(this.inputTarget.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [item, text] of this.texts) {
      item.hidden = !words.every((word) => text.includes(word));
      shown += item.hidden ? 0 : 1;
    }
    if (this.hasStatusTarget) {
      const { found, none } = this.statusTarget.dataset;
      this.statusTarget.textContent = words.length ? fill(shown ? found : none, { count: String(shown) }) : "";
    }
  }

  // Enter in a search field must not send the form the list stands in.
  hold(event) {
    if (event.key === "Enter") {
      event.preventDefault();
    }
  }
}

export function fold(text) {
  return text
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replaceAll("\u0111", "d")
    .trim();
}
