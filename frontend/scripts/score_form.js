import { Controller } from "@hotwired/stimulus";
import { fill, inTwoWays, mark, read, typed, write } from "./numbers.js";

// Scores typed one under another: Enter and the arrows move, a comma or a point is taken, totals follow.
// A courtesy: the server reads the same fields, checks them again and computes what counts.
export default class ScoreForm extends Controller {
  static targets = ["score", "total", "status"];

  connect() {
    // What the server found wrong stays marked until the reader changes it.
    this.total();
  }

  select({ target }) {
    if (isText(target)) {
      target.select();
    }
  }

  move(event) {
    const { target, key } = event;
    if (!isText(target) || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const down = key === "ArrowDown" || (key === "Enter" && !event.shiftKey);
    const up = key === "ArrowUp" || (key === "Enter" && event.shiftKey);
    if (!down && !up) {
      return;
    }
    event.preventDefault();
    const fields = this.scoreTargets.filter((field) => isText(field) && !field.disabled && !field.readOnly);
    const next = fields[fields.indexOf(target) + (down ? 1 : -1)];
    if (next) {
      next.focus();
    } else if (down) {
      const buttons = "button[type=submit], button:not([type])";
      (this.element.querySelector(".kpi-savebar button") ?? this.element.querySelector(buttons))?.focus();
    }
  }

  change({ target }) {
    if (isText(target)) {
      this.check(target);
    }
    target.dataset.changed = String(differs(target));
    this.total();
  }

  settle({ target }) {
    if (!isText(target)) {
      return;
    }
    const amount = read(target.value);
    if (amount !== null && inTwoWays(target.value) === null) {
      target.value = typed(amount);
    }
    this.check(target);
  }

  guard(event) {
    const wrong = this.scoreTargets.find((field) => isText(field) && this.check(field) !== null);
    if (wrong) {
      event.preventDefault();
      event.stopImmediatePropagation();
      wrong.focus();
    }
  }

  /** The sentence that says what is wrong with the field, shown in the status line; null when nothing is. */
  check(field) {
    const sentence = this.fault(field);
    if (sentence === null) {
      field.removeAttribute("aria-invalid");
    } else {
      field.setAttribute("aria-invalid", "true");
    }
    this.say(sentence ?? "");
    return sentence;
  }

  fault(field) {
    if (field.value.trim() === "") {
      return null;
    }
    const { notNumber, twoWays, tooLarge, wrongStep } = this.hasStatusTarget ? this.statusTarget.dataset : {};
    const name = field.dataset.name ?? field.labels?.[0]?.textContent.trim() ?? "";
    const amount = read(field.value);
    if (amount === null) {
      return fill(notNumber, { name, example: `4${mark()}5` });
    }
    const ways = inTwoWays(field.value);
    if (ways !== null) {
      return fill(twoWays, { name, text: field.value.trim(), ...ways });
    }
    const maximum = read(field.dataset.max ?? "");
    if (maximum !== null && amount > maximum) {
      return fill(tooLarge, { name, max: write(maximum, 0) });
    }
    const step = read(field.dataset.step ?? "");
    if (step && amount % step !== 0) {
      return fill(wrongStep, { name, step: write(step, 0) });
    }
    return null;
  }

  say(sentence) {
    if (this.hasStatusTarget) {
      this.statusTarget.textContent = sentence;
      this.statusTarget.dataset.kind = sentence ? "error" : "";
    }
  }

  total() {
    for (const place of this.totalTargets) {
      const section = place.dataset.section;
      const fields = this.scoreTargets.filter((field) => !section || field.dataset.section === section);
      place.textContent = write(fields.reduce((sum, field) => sum + worth(field), 0));
    }
  }
}

function isText(field) {
  return field.matches("input:not([type=radio]):not([type=checkbox])");
}

function worth(field) {
  if (isText(field)) {
    return field.getAttribute("aria-invalid") === "true" ? 0 : (read(field.value) ?? 0);
  }
  return field.checked ? (read(field.dataset.points ?? "") ?? 0) : 0;
}

function differs(field) {
  return isText(field) ? field.value !== field.defaultValue : field.checked !== field.defaultChecked;
}
