// Computes the trial card anew while it is filled in: the page's own answer is read, and what is marked as live is
// put in its place. Without this script the button “Compute” does the same.
const form = document.querySelector("[data-trial]");
let last = 0;
let waiting;

async function compute() {
    const asked = ++last;
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) });
    const text = await answer.text();
    if (!answer.ok || asked !== last) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const element of document.querySelectorAll("[data-live]")) {
        const fresh = page.getElementById(element.id);
        if (fresh && fresh.innerHTML !== element.innerHTML) element.innerHTML = fresh.innerHTML;
    }
}

form.addEventListener("input", ({ target }) => {
    if (target.closest(".trial-keep")) return;
    clearTimeout(waiting);
    waiting = setTimeout(compute, 300);
});
