"use strict";
// The page is complete without this script. It adds: values under the pointer on one time axis for all
// charts of a run (arrow keys do the same), zoom into it (dragging, buttons, + and -), a legend that
// switches series, and open details in print.
(() => {
  const tip = document.getElementById("tip");

  // Show lines beside a place of the plot, 0 to 1 of its width.
  const say = (plot, lines, place) => {
    tip.textContent = lines.join("\n");
    tip.hidden = false;
    const box = plot.getBoundingClientRect();
    const x = box.left + box.width * place;
    const right = x + 14 + tip.offsetWidth < document.documentElement.clientWidth;
    tip.style.left = `${Math.max(4, right ? x + 14 : x - 14 - tip.offsetWidth)}px`;
    tip.style.top = `${Math.max(4, box.top + 10)}px`;
  };

  for (const charts of document.querySelectorAll(".charts")) {
    const names = [...charts.querySelectorAll(".figures thead th")].map((cell) => cell.textContent);
    const rows = charts.querySelector(".figures tbody").rows;
    const plots = [...charts.querySelectorAll(".plot")];
    const whole = { first: 0, bins: rows.length };
    let view = whole;
    let at = 0;

    const hide = () => {
      tip.hidden = true;
      charts.style.setProperty("--cursor", "0");
    };

    const share = (bin) => (bin - view.first) / view.bins;

    const show = (plot, bin) => {
      at = Math.max(view.first, Math.min(view.first + view.bins - 1, bin));
      const cells = rows[at].cells;
      const columns = plot.closest("figure").dataset.columns.split(",");
      const lines = columns.map((column) => `${names[column]}  ${cells[column].textContent}`);
      charts.style.setProperty("--at", String(100 * share(at + 0.5)));
      charts.style.setProperty("--cursor", "0.7");
      say(plot, [`at ${cells[0].textContent}`, ...lines], share(at + 0.5));
    };

    // All charts of a run share the time axis: they show the same part of it.
    const zoom = (first, bins) => {
      hide();
      const shown = Math.round(Math.max(Math.min(8, rows.length), Math.min(rows.length, bins)));
      view = { first: Math.round(Math.max(0, Math.min(rows.length - shown, first))), bins: shown };
      const zoomed = view.bins < rows.length;
      charts.classList.toggle("zoomed", zoomed);
      buttons[1].disabled = buttons[2].disabled = !zoomed;
      buttons[0].disabled = view.bins <= 8;
      const [left, width] = [(1000 * view.first) / rows.length, (1000 * view.bins) / rows.length];
      for (const plot of plots) {
        plot.querySelector("svg").setAttribute("viewBox", `${left} 0 ${width} 100`);
        for (const name of plot.querySelectorAll(".phase-names span")) {
          name.dataset.left ??= String(parseFloat(name.style.left) * 10);
          const place = (100 * (Number(name.dataset.left) - left)) / width;
          name.style.left = `${place}%`;
          name.hidden = place < 0 || place > 97;
        }
        const labels = plot.parentElement.querySelector(".xs");
        labels.dataset.whole ??= labels.innerHTML;
        if (zoomed) labels.replaceChildren(...[0, 0.25, 0.5, 0.75].map(timeLabel));
        else labels.innerHTML = labels.dataset.whole;
      }
    };

    const timeLabel = (part) => {
      const label = document.createElement("span");
      label.textContent = rows[view.first + Math.floor(part * view.bins)].cells[0].textContent;
      label.style.left = `${100 * part}%`;
      return label;
    };

    const around = (factor) => {
      const middle = tip.hidden ? view.first + view.bins / 2 : at;
      zoom(middle - (view.bins * factor) / 2, view.bins * factor);
    };

    const tools = document.createElement("div");
    tools.className = "tools";
    const buttons = [
      ["Zoom in", () => around(0.5)],
      ["Zoom out", () => around(2)],
      ["Whole run", () => zoom(0, rows.length)],
    ].map(([name, act], number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = name;
      button.disabled = number > 0;
      button.addEventListener("click", act);
      return button;
    });
    const hint = document.createElement("span");
    hint.textContent = "or drag over a chart";
    tools.append(...buttons, hint);
    charts.prepend(tools);

    for (const plot of plots) {
      const binAt = (event) => {
        const box = plot.getBoundingClientRect();
        return view.first + Math.floor((view.bins * (event.clientX - box.left)) / box.width);
      };
      let from = null;
      plot.addEventListener("pointerdown", (event) => {
        if (event.pointerType === "mouse" && event.button === 0) from = binAt(event);
      });
      plot.addEventListener("pointermove", (event) => {
        show(plot, binAt(event));
        const [a, b] = from === null ? [0, 0] : [Math.min(from, at), Math.max(from, at) + 1];
        plot.style.setProperty("--from", String(100 * share(a)));
        plot.style.setProperty("--wide", String((100 * (b - a)) / view.bins));
        plot.classList.toggle("dragging", from !== null && b - a > 1);
      });
      addEventListener("pointerup", (event) => {
        if (from !== null) {
          const to = Math.max(view.first, Math.min(view.first + view.bins - 1, binAt(event)));
          if (Math.abs(to - from) > 1) zoom(Math.min(from, to), Math.abs(to - from) + 1);
        }
        from = null;
        plot.classList.remove("dragging");
      });
      plot.addEventListener("dblclick", () => zoom(0, rows.length));
      plot.addEventListener("pointerleave", hide);
      plot.addEventListener("blur", hide);
      plot.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1, Home: -rows.length, End: rows.length }[event.key];
        if (event.key === "Escape") zoom(0, rows.length);
        if (event.key === "+") around(0.5);
        if (event.key === "-") around(2);
        if (step === undefined) return;
        event.preventDefault();
        show(plot, at + step);
      });
    }
    addEventListener("beforeprint", () => zoom(0, rows.length));
  }

  // Charts that are not over time: each point has a row in the table of its section.
  for (const plot of document.querySelectorAll(".plot[data-at]")) {
    const places = plot.dataset.at.split(",").map(Number);
    const figure = plot.closest("figure");
    const table = plot.closest("section").querySelector("table.figures");
    const names = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent);
    let at = 0;

    const hide = () => {
      tip.hidden = true;
      plot.style.setProperty("--cursor", "0");
    };

    const show = (point) => {
      at = Math.max(0, Math.min(places.length - 1, point));
      const cells = table.querySelector("tbody").rows[at].cells;
      const columns = figure.dataset.columns.split(",");
      plot.style.setProperty("--at", String(places[at]));
      plot.style.setProperty("--cursor", "0.7");
      say(plot, columns.map((column) => `${names[column]}  ${cells[column].textContent}`), places[at] / 100);
    };

    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const x = (100 * (event.clientX - box.left)) / box.width;
      const far = places.map((place) => Math.abs(place - x));
      show(far.indexOf(Math.min(...far)));
    });
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, Home: -places.length, End: places.length }[event.key];
      if (event.key === "Escape") hide();
      if (step === undefined) return;
      event.preventDefault();
      show(at + step);
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
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

  // What scrolls can be scrolled with the keyboard; what fits is no stop on the way.
  const reachable = new ResizeObserver((boxes) => {
    for (const { target: box } of boxes) {
      const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      if (scrolls) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  for (const box of document.querySelectorAll(".scroll")) reachable.observe(box);

  // A link into something folded opens it.
  const unfold = () => {
    let box = location.hash && document.getElementById(location.hash.slice(1))?.closest("details");
    for (; box; box = box.parentElement.closest("details")) box.open = true;
  };
  addEventListener("hashchange", unfold);
  unfold();

  const closed = () => document.querySelectorAll("details:not([open]):not(.figures-box):not(.folded)");
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...closed()];
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
})();
