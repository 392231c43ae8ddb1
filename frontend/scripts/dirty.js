import { Controller } from "@hotwired/stimulus";

// Warns before a page with unsaved entries is left.
export default class Dirty extends Controller {
  static targets = ["note"];

  connect() {
    this.changed = this.element.dataset.dirty === "true";
    this.leave = (event) => {
      if (this.changed) {
        event.preventDefault();
      }
    };
    window.addEventListener("beforeunload", this.leave);
  }

  disconnect() {
    window.removeEventListener("beforeunload", this.leave);
  }

  mark() {
    this.changed = true;
    this.noteTargets.forEach((note) => {
      note.textContent = note.dataset.text;
    });
  }

  clear(event) {
    if (!event.defaultPrevented) {
      this.changed = false;
    }
  }
}
