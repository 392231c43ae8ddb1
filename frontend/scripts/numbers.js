// Decimal text without floating point: a score is a whole number of ten-thousandths.

const SCALE = 10_000;
const SHAPE = /^(\d{1,6})(?:[.,](\d{1,4}))?$/;
// "1.000" is a thousand to one reader and one to the next; "0,125" is the same to both.
const TWO_WAYS = /^(\d*[1-9]\d*)[.,](\d{3})$/;

/** The decimal mark of the page's language: a point in English, else a comma. */
export function mark() {
  return document.documentElement.lang === "en" ? "." : ",";
}

/** "4,5" or "4.5" → 45000. Null for what is no such number, "1.234,5" included. Typed text: `inTwoWays` first. */
export function read(text) {
  const match = SHAPE.exec(text.trim());
  return match ? Number(match[1]) * SCALE + Number((match[2] ?? "").padEnd(4, "0")) : null;
}

/** 45000 → "4,50": at least `places` decimals, more only where they are not zero. */
export function write(amount, places = 2) {
  const whole = Math.floor(amount / SCALE);
  const decimals = String(amount % SCALE).padStart(4, "0").replace(/0+$/, "").padEnd(places, "0");
  return decimals ? `${whole}${mark()}${decimals}` : String(whole);
}

/** The same as it stands in a field, where three decimals may be a thousand: 11250 → "1,1250". */
export function typed(amount) {
  const text = write(amount, 0);
  return TWO_WAYS.test(text) ? `${text}0` : text;
}

/** "1.125" → {whole: "1125", decimal: "1,1250"}, the two ways to write it; null for what is read in one way only. */
export function inTwoWays(text) {
  const match = TWO_WAYS.exec(text.trim());
  return match ? { whole: (match[1] + match[2]).replace(/^0+/, ""), decimal: typed(read(text) ?? 0) } : null;
}

/** Puts values into a translated sentence: fill("Tối đa {max}.", {max: "5"}). */
export function fill(sentence, values) {
  return (sentence ?? "").replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
