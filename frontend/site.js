import { Application } from "@hotwired/stimulus";
import { createAll } from "govuk-frontend/dist/govuk/init.mjs";
import { ErrorSummary } from "govuk-frontend/dist/govuk/components/error-summary/error-summary.mjs";
import { NotificationBanner } from "govuk-frontend/dist/govuk/components/notification-banner/notification-banner.mjs";
import { PasswordInput } from "govuk-frontend/dist/govuk/components/password-input/password-input.mjs";
import { ServiceNavigation } from "govuk-frontend/dist/govuk/components/service-navigation/service-navigation.mjs";
import { SkipLink } from "govuk-frontend/dist/govuk/components/skip-link/skip-link.mjs";
import Dirty from "./scripts/dirty.js";
import Filter from "./scripts/filter.js";
import Menu from "./scripts/menu.js";
import Progress from "./scripts/progress.js";
import ScoreForm from "./scripts/score_form.js";
import SubmitOnce from "./scripts/submit_once.js";
import TakeOver from "./scripts/take_over.js";

// The base's own page template does this with an inline script, which our policy refuses;
// without the class all its behaviours stay off and nothing says so.
document.body.classList.add("js-enabled", "govuk-frontend-supported");
for (const component of [NotificationBanner, ErrorSummary, PasswordInput, ServiceNavigation, SkipLink]) {
  createAll(component);
}

const application = Application.start();
application.register("dirty", Dirty);
application.register("filter", Filter);
application.register("menu", Menu);
application.register("progress", Progress);
application.register("score-form", ScoreForm);
application.register("submit-once", SubmitOnce);
application.register("take-over", TakeOver);
