// Wagtail 7.4 stops looking for changes on a page that it rendered with errors: it saves once, as soon as the page is
// there, and what an author types afterwards is neither saved nor asked about when they leave. After that first save
// the editor is told a slightly other interval, which starts its looking again.
document.addEventListener("w-autosave:success", ({ target }) => {
    target.dataset.wUnsavedCheckIntervalValue = "499";
});
