"use strict";
// Search, folding, and the picture of the branches that are left. All else works without this.
(() => {
  const LANE = 44;
  const find = (selector, root = document) => [...root.querySelectorAll(selector)];
  const byId = (id) => document.getElementById(id);
  const branches = find(".branch");
  const labels = find(".lanes > li");
  const lanes = find(".lane");
  const edges = find(".edge");
  const picture = find(".picture")[0];
  const words = new Map();

  // What a branch is searched for: its name, its states, revisions, messages and objects.
  const read = (branch) => {
    if (!words.has(branch)) {
      const parts = find("h3, .word, code, .message", branch);
      words.set(branch, parts.map((part) => part.textContent.toLowerCase()).join("\n"));
    }
    return words.get(branch);
  };

  const matches = (branch, text, state) =>
    (!text || read(branch).includes(text)) &&
    (!state || branch.dataset.states.split(",").includes(state));

  const draw = (shown) => {
    const places = new Map();
    shown.forEach((isShown, number) => {
      labels[number].hidden = !isShown;
      lanes[number].toggleAttribute("hidden", !isShown);
      if (isShown) {
        lanes[number].setAttribute("transform", `translate(0 ${places.size * LANE})`);
        places.set(String(number), places.size * LANE + LANE / 2);
      }
    });
    edges.forEach((edge) => {
      const { from, to, start, end } = edge.dataset;
      const isShown = places.has(from) && places.has(to);
      edge.toggleAttribute("hidden", !isShown);
      if (isShown) {
        const middle = (Number(start) + Number(end)) / 2;
        const [y1, y2] = [places.get(from), places.get(to)];
        edge.setAttribute("d", `M${start} ${y1}C${middle} ${y1} ${middle} ${y2} ${end} ${y2}`);
      }
    });
    picture.setAttribute("height", Math.max(places.size, 1) * LANE);
  };

  const filter = () => {
    const text = byId("search").value.trim().toLowerCase();
    const state = byId("state").value;
    const shown = branches.map((branch) => matches(branch, text, state));
    branches.forEach((branch, number) => {
      branch.hidden = !shown[number];
    });
    draw(shown);
    const left = shown.filter(Boolean).length;
    byId("matches").textContent = `${left} of ${branches.length} branches`;
    byId("nothing").hidden = left > 0;
  };

  const foldAll = (isOpen) => {
    branches.forEach((branch) => {
      branch.open = isOpen && !branch.hidden;
    });
  };

  const openTarget = () => {
    const target = location.hash ? byId(location.hash.slice(1)) : null;
    if (target && target.classList.contains("branch")) {
      if (target.hidden) {
        byId("search").value = "";
        byId("state").value = "";
        filter();
      }
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  };

  byId("search").addEventListener("input", filter);
  byId("state").addEventListener("change", filter);
  byId("unfold").addEventListener("click", () => foldAll(true));
  byId("fold").addEventListener("click", () => foldAll(false));
  find("form")[0].addEventListener("submit", (event) => event.preventDefault());
  find("form")[0].hidden = false;
  addEventListener("hashchange", openTarget);
  // A link to where one is already changes no hash.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#p-']");
    if (link && link.getAttribute("href") === location.hash) {
      openTarget();
    }
  });
  openTarget();
})();
