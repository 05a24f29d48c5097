"use strict";
// The page is complete without this script. It adds: values under the pointer on one time axis for all
// charts of a run (arrow keys do the same), a legend that switches series, and open details in print.
(() => {
  const tip = document.getElementById("tip");

  for (const charts of document.querySelectorAll(".charts")) {
    const names = [...charts.querySelectorAll(".figures thead th")].map((cell) => cell.textContent);
    const rows = charts.querySelector(".figures tbody").rows;
    const plots = [...charts.querySelectorAll(".plot")];
    let at = 0;

    const hide = () => {
      tip.hidden = true;
      charts.style.setProperty("--cursor", "0");
    };

    const show = (plot, bin) => {
      at = Math.max(0, Math.min(rows.length - 1, bin));
      const cells = rows[at].cells;
      const columns = plot.closest("figure").dataset.columns.split(",");
      const lines = columns.map((column) => `${names[column]}  ${cells[column].textContent}`);
      tip.textContent = [`at ${cells[0].textContent}`, ...lines].join("\n");
      tip.hidden = false;
      charts.style.setProperty("--at", String((100 * (at + 0.5)) / rows.length));
      charts.style.setProperty("--cursor", "0.7");
      const box = plot.getBoundingClientRect();
      const x = box.left + (box.width * (at + 0.5)) / rows.length;
      const right = x + 14 + tip.offsetWidth < document.documentElement.clientWidth;
      tip.style.left = `${Math.max(4, right ? x + 14 : x - 14 - tip.offsetWidth)}px`;
      tip.style.top = `${Math.max(4, box.top + 10)}px`;
    };

    for (const plot of plots) {
      plot.addEventListener("pointermove", (event) => {
        const box = plot.getBoundingClientRect();
        show(plot, Math.floor((rows.length * (event.clientX - box.left)) / box.width));
      });
      plot.addEventListener("pointerleave", hide);
      plot.addEventListener("blur", hide);
      plot.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1, Home: -rows.length, End: rows.length }[event.key];
        if (event.key === "Escape") hide();
        if (step === undefined) return;
        event.preventDefault();
        show(plot, at + step);
      });
    }
  }

  for (const figure of document.querySelectorAll("figure.chart")) {
    const layers = [...figure.querySelectorAll("svg .layer")];
    [...figure.querySelectorAll(".legend .key")].forEach((key, number) => {
      key.tabIndex = 0;
      key.setAttribute("role", "button");
      key.setAttribute("aria-pressed", "true");
      const toggle = () => {
        const off = layers[number].classList.toggle("off");
        key.setAttribute("aria-pressed", String(!off));
      };
      key.addEventListener("click", toggle);
      key.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        toggle();
      });
    });
  }

  const closed = () => document.querySelectorAll("details:not([open]):not(.figures-box)");
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...closed()];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
