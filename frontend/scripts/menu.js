import { Controller } from "@hotwired/stimulus";

// A disclosure that folds when the reader goes elsewhere or presses Escape.
export default class Menu extends Controller {
  away({ target }) {
    if (!this.element.contains(target)) {
      this.element.open = false;
    }
  }

  escape() {
    if (this.element.open) {
      this.element.open = false;
      this.element.querySelector("summary").focus();
    }
  }
}
