// "Your listening": bring an export, see what it says, start from it, delete it.

import { Problem, call } from "../api.js";
import { element } from "../dom.js";
import { asListener, isReturning } from "../session.js";
import { sentence } from "../words.js";
import { forgetting } from "./forget.js";
import { importing } from "./import.js";
import { profileOf } from "./profile.js";

/** @typedef {import("../desk.js").Desk} Desk */

const LEAD =
  "Bring your own history, and lists start from years of listening instead of a few picks. " +
  "It stays with this service: nothing goes to Spotify or to anybody else.";

/** @type {(() => Promise<void>) | null} */
let renew = null;

/** The view was entered. @param {HTMLElement} view @param {Desk} desk */
export async function enter(view, desk) {
  renew ??= build(view, desk);
  await renew();
}

/** @param {HTMLElement} view @param {Desk} desk */
function build(view, desk) {
  const profile = element("div", { id: "profile", hidden: true });
  const show = () => showProfile(profile, desk);
  const bringing = () =>
    importing(async () => {
      learn(desk, true);
      await show();
      profile.querySelector("h2")?.focus();
    });
  let panel = bringing();
  view.append(
    element(
      "header",
      { class: "intro" },
      element("h1", { tabindex: "-1" }, "Your listening"),
      element("p", { class: "lead" }, LEAD),
    ),
    profile,
    panel,
    forgetting(() => {
      panel.replaceWith((panel = bringing())); // what became of a file is about the person as well
      desk.feedback.clear();
      desk.source.learn(desk.feedback.known);
      desk.source.choose(false);
      profile.hidden = true;
    }),
  );
  return show;
}

/** The service knows more of this listener now. @param {Desk} desk @param {boolean} imported */
function learn({ feedback, source }, imported) {
  feedback.learn({ ...feedback.known, imported });
  source.learn(feedback.known);
}

/** Show what the service makes of what it knows, if it knows anything. @param {HTMLElement} place @param {Desk} desk */
async function showProfile(place, desk) {
  if (!isReturning()) return;
  place.setAttribute("aria-busy", "true");
  try {
    const profile = await asListener(() => call("profile"));
    const start = () => {
      desk.source.choose(true);
      location.hash = "mix";
    };
    place.replaceChildren(...profileOf(profile, start));
    place.hidden = profile.plays === 0 && profile.likes === 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    place.replaceChildren(
      element("p", { class: "notice", role: "alert" }, `${sentence(error.message)} ${sentence(error.remedy)}`),
    );
    place.hidden = false;
  } finally {
    place.removeAttribute("aria-busy");
  }
}
