import { Controller } from "@hotwired/stimulus";

// Follows a background job: {state, done, total, text, redirect} from the address in the markup.
// Without script the page carries a refresh in <noscript> instead (includes/progress_refresh.html).
const QUICK = 1_000;
const SLOW = 8_000;

export default class Progress extends Controller {
  static targets = ["bar", "text"];
  static values = { url: String };

  connect() {
    this.wait = QUICK;
    if (this.urlValue) {
      this.timer = setTimeout(() => this.ask(), QUICK);
    }
  }

  disconnect() {
    clearTimeout(this.timer);
  }

  async ask() {
    try {
      const answer = await fetch(this.urlValue, { headers: { Accept: "application/json" }, redirect: "error" });
      if (!answer.ok) {
        throw new Error(String(answer.status));
      }
      this.show(await answer.json());
    } catch {
      // The job runs on without this page; asking again later is all that can be done here.
      this.wait = Math.min(this.wait * 2, SLOW);
      this.timer = setTimeout(() => this.ask(), this.wait);
    }
  }

  show({ state, done, total, text, redirect }) {
    if (total > 0) {
      this.barTarget.max = total;
      this.barTarget.value = done;
    }
    if (text && this.textTarget.textContent !== text) {
      this.textTarget.textContent = text;
    }
    if (state === "waiting" || state === "running") {
      this.wait = QUICK;
      this.timer = setTimeout(() => this.ask(), QUICK);
    } else if (redirect && new URL(redirect, location.href).origin === location.origin) {
      location.assign(redirect);
    } else {
      location.reload();
    }
  }
}
