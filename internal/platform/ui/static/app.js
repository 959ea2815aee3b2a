// What the pages do beyond what HTML does by itself: keyboard shortcuts, menus
// that close, messages that go away. Every page works without this file.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("sk-js"); // shows what only works with a script

  const typing = (el) => el.closest("input, select, textarea, [contenteditable], dialog[open]");
  const open = (selector) => document.querySelector(selector)?.click();

  // ---- keyboard -----------------------------------------------------------

  let going = 0; // until when the letter after g counts, in ms of the page's life

  // rowStep moves the focus among the rows of the list.
  function rowStep(by) {
    const rows = [...document.querySelectorAll(".sk-row-link")];
    if (!rows.length) return false;
    const at = rows.indexOf(document.activeElement?.closest("tr")?.querySelector(".sk-row-link"));
    const to = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by))];
    to.focus();
    to.closest("tr").scrollIntoView({ block: "nearest" });
    return true;
  }

  function key(e) {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || typing(e.target)) return false;
    if (e.timeStamp < going) {
      going = 0;
      const link = document.querySelector(`[data-go="${CSS.escape(e.key)}"]`);
      link?.click();
      return !!link;
    }
    switch (e.key) {
      case "/": {
        const search = document.querySelector("[data-search]");
        search?.focus();
        search?.select();
        return !!search;
      }
      case "g":
        going = e.timeStamp + 1500;
        return true;
      case "?":
        document.getElementById("shortcuts")?.showModal();
        return true;
      case "n":
        open("[data-primary]");
        return true;
      case "j":
        return rowStep(1);
      case "k":
        return rowStep(-1);
      case "ArrowDown":
      case "ArrowUp":
        // only inside the list: elsewhere the arrows scroll
        return !!e.target.closest?.(".sk-table") && rowStep(e.key === "ArrowDown" ? 1 : -1);
    }
    return false;
  }

  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      closeMenus();
      if (e.target.matches?.("[data-search]")) e.target.blur();
      return;
    }
    if (key(e)) e.preventDefault();
  });

  // ---- menus --------------------------------------------------------------

  const menus = "details.sk-menu[open], details.sk-more[open]";

  function closeMenus(except) {
    for (const menu of document.querySelectorAll(menus)) {
      if (menu === except) continue;
      if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
      menu.open = false;
    }
  }

  document.addEventListener("click", (e) => {
    closeMenus(e.target.closest(menus));
    if (e.target.closest("[data-close]")) e.target.closest("[data-toast]").remove();
    if (e.target.closest("[data-back]")) history.back();
  });

  // Browsers before 2025 have no command attribute on buttons.
  if (!("command" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (e) => {
      const button = e.target.closest("button[commandfor]");
      const dialog = button && document.getElementById(button.getAttribute("commandfor"));
      if (!dialog) return;
      if (button.getAttribute("command") === "show-modal") dialog.showModal();
      else dialog.close();
    });
  }

  // A click beside an open dialog closes it.
  document.addEventListener("click", (e) => {
    if (e.target instanceof HTMLDialogElement) e.target.close();
  });

  // ---- messages -----------------------------------------------------------

  // Good news goes away by itself, unless it is being read; the rest stays.
  function watch(toast) {
    if (toast.dataset.toast !== "done") return;
    let timer;
    const start = () => (timer = setTimeout(() => toast.remove(), 8000));
    toast.addEventListener("pointerenter", () => clearTimeout(timer));
    toast.addEventListener("pointerleave", start);
    start();
  }

  const region = document.getElementById("toasts");
  if (region) {
    region.querySelectorAll("[data-toast]").forEach(watch);
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.addedNodes) if (node.dataset?.toast) watch(node);
      }
    }).observe(region, { childList: true });
  }

  function say(words) {
    const toast = document.createElement("div");
    toast.className = "sk-toast sk-toast-warn";
    toast.dataset.toast = "warn";
    const p = document.createElement("p");
    p.textContent = words;
    toast.append(p);
    region?.replaceChildren(toast);
  }

  // ---- requests -----------------------------------------------------------

  // The line at the top appears only when an answer takes longer than the eye notices.
  let waiting = 0;
  let timer;
  document.addEventListener("htmx:before:request", () => {
    waiting++;
    clearTimeout(timer);
    timer = setTimeout(() => root.classList.add("sk-waiting"), 200);
  });
  document.addEventListener("htmx:finally:request", () => {
    waiting = Math.max(0, waiting - 1);
    if (waiting) return;
    clearTimeout(timer);
    root.classList.remove("sk-waiting");
  });
  document.addEventListener("htmx:error", (e) => {
    const error = e.detail?.error;
    if (error instanceof TypeError) say("There is no connection. What you see may be old; try again in a moment.");
    else if (error?.name === "TimeoutError" || e.detail?.ctx?.status === "error: timeout") say("The answer took too long. Try again, or narrow the search.");
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.method !== "post" || e.defaultPrevented) return;
    if (form.dataset.sent) {
      e.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    e.submitter?.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      form.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
    }
  });

  // A button copies the text of the element it names.
  document.addEventListener("click", async (e) => {
    const button = e.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source); // to be copied by hand
    }
  });

  // ---- passkeys -----------------------------------------------------------
  // The browser is asked for a passkey, and its answer goes with the form that
  // holds the question.

  async function answer(kind, options) {
    if (kind === "create") {
      return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) });
    }
    return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  }

  // passkeyWords says what went wrong, by the name the browser gives it.
  function passkeyWords(error) {
    switch (error.name) {
      case "NotAllowedError":
        return "Nothing was chosen, or it took too long. Try once more.";
      case "InvalidStateError":
        return "This device has a passkey for this account already.";
      case "SecurityError":
        return "The browser allows passkeys on secure addresses only.";
    }
    return "The browser could not ask for a passkey: " + error.message;
  }

  document.addEventListener("submit", async (e) => {
    const form = e.target.closest("form[data-passkey]");
    if (!form || form.elements.credential.value) return;
    e.preventDefault();
    const problem = form.querySelector("[data-passkey-error]");
    problem.hidden = true;
    try {
      const credential = await answer(form.dataset.passkey, JSON.parse(form.dataset.options));
      form.elements.credential.value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      problem.textContent = passkeyWords(error);
      problem.hidden = false;
    }
  });
})();

// A form that goes on by itself: what an identity provider sent comes once more,
// from a page of ours, with our cookies.
(() => {
  for (const form of document.querySelectorAll("form[data-onward]")) form.submit();
})();
