import { Controller } from "@hotwired/stimulus";

// Puts the person's own score of one criterion into its field. Without script the button asks the server for the same.
export default class TakeOver extends Controller {
  fill(event) {
    const { name, value } = event.currentTarget.dataset;
    const fields = [...this.element.querySelectorAll("input")].filter((field) => field.name === name);
    const field = fields.length > 1 ? fields.find((option) => option.value === value) : fields[0];
    if (!field) {
      return;
    }
    event.preventDefault();
    if (field.type === "radio") {
      field.checked = true;
    } else {
      field.value = value;
    }
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  }
}
