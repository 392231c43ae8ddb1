import { Controller } from "@hotwired/stimulus";

// A second press while the first is on its way does nothing. The pressed button is not disabled,
// only said to be: a disabled button would take its own name and value out of the form.
export default class SubmitOnce extends Controller {
  connect() {
    this.sent = false;
    this.again = () => this.reset();
    window.addEventListener("pageshow", this.again);
  }

  disconnect() {
    window.removeEventListener("pageshow", this.again);
  }

  guard(event) {
    if (this.sent) {
      event.preventDefault();
    } else if (!event.defaultPrevented) {
      this.sent = true;
      this.buttons().forEach((button) => button.setAttribute("aria-disabled", "true"));
    }
  }

  reset() {
    this.sent = false;
    this.buttons().forEach((button) => button.removeAttribute("aria-disabled"));
  }

  buttons() {
    return this.element.querySelectorAll("button[type=submit], button:not([type])");
  }
}
