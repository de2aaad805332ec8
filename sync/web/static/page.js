// What a page needs beside htmx. Every form works without it, but for the click that it saves.
"use strict";

// Choosing a file is enough: the form leaves by itself.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-leaves]");
  if (form && event.target.type === "file" && event.target.files.length) form.requestSubmit();
});

// Of a form that begins something, a second click is none.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[hx-post]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

// A decision that didn't arrive must not look as if it had: the page shows how things stand.
for (const failed of ["htmx:responseError", "htmx:sendError"])
  document.addEventListener(failed, (event) => {
    const leaving = [...document.forms].some((form) => form.dataset.sent);
    if (event.detail.elt.hasAttribute("hx-post") && !leaving) location.reload();
  });

// Who worked with the keyboard goes on where the new rows begin.
document.addEventListener("htmx:afterSwap", (event) => {
  if (document.activeElement === document.body && event.target.id === "rows") event.target.focus();
});
