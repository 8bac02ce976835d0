"use strict";
// Draws the figures of the report from the data that the page carries.
(() => {
  const data = JSON.parse(document.getElementById("run-data").textContent);
  const root = document.documentElement;

  // -- the style of an arm: a reader can do without any one of colour, dash and marker
  // (curve_style.hpp chooses them) ----------------------------------------------------------------
  const marker_paths = {
    circle: "M14 3a4 4 0 1 0 .01 0z",
    rect: "M10.5 3.5h7v7h-7z",
    triangle: "M14 2.5l4.5 8h-9z",
    rectRot: "M14 2l5 5-5 5-5-5z",
    crossRot: "M10.5 3.5l7 7m0-7l-7 7",
  };
  const colour = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const look = (index) => {
    const {colour, dash, marker, hollow} = data.arms[index];
    return {colour: `--arm-${colour}`, fill: hollow ? "--page" : `--arm-${colour}`, dash, marker};
  };

  // -- units ------------------------------------------------------------------------------------
  const short = (value) => value.toLocaleString("en", {maximumFractionDigits: 3});
  const percent = (share, digits) =>
      `${(100 * share).toLocaleString("en", {maximumFractionDigits: digits})} %`;
  const bytes = (count) => {
    const units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let unit = 0;
    while (count >= 1000 && unit + 1 < units.length) {
      count /= 1000;
      ++unit;
    }
    return `${count.toLocaleString("en", {maximumSignificantDigits: 3})} ${units[unit]}`;
  };

  const seconds = (count) => {
    const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
    const [name, length] = units.find(([, length]) => count >= length) ?? units[3];
    return `${(count / length).toLocaleString("en", {maximumSignificantDigits: 3})} ${name}`;
  };

  // -- the figures: a curve point is [round, epoch, bytes up so far, bytes down so far, value,
  // modelled seconds so far or null, deviation of the value or null]. Some pages lack some figures.
  // --
  const by_round = {at: ([round]) => round, tick: short};
  const by_epoch = {at: ([, epoch]) => epoch, tick: short};
  const by_bytes = (at) => ({at, tick: bytes, only_what_was_sent: true});
  const figures = [
    {id: "accuracy-by-epoch", curve: "accuracy", ...by_epoch},
    {id: "accuracy-by-round", curve: "accuracy", ...by_round},
    {id: "accuracy-by-bytes", curve: "accuracy", ...by_bytes(([, , up, down]) => up + down)},
    {id: "accuracy-by-bytes-up", curve: "accuracy", ...by_bytes(([, , up]) => up)},
    {id: "accuracy-by-bytes-down", curve: "accuracy", ...by_bytes(([, , , down]) => down)},
    {id: "accuracy-by-time", curve: "accuracy", at: ([, , , , , time]) => time,
     tick: (v) => `${short(v)} s`, only_with_time: true},
    {id: "loss-by-epoch", curve: "loss", ...by_epoch},
    {id: "lowest-device-by-epoch", curve: "lowest_device", ...by_epoch},
  ].filter(({id}) => document.getElementById(id) !== null);
  const share = {tick: (v) => percent(v, 1), tell: (v) => percent(v, 2), is_share: true};
  const axes = {
    accuracy: {title: "test accuracy", ...share},
    lowest_device: {title: "lowest accuracy of a device", ...share},
    loss: {title: "training loss", tick: short, tell: (v) => v.toPrecision(4)},
  };
  // Each text is a line of its own, so that a tooltip fits a narrow plot.
  const where = ([round, epoch, up, down, , time]) => {
    const place = [`round ${short(round)}, epoch ${short(epoch)}`];
    if (up + down > 0) place.push(`${bytes(up)} up, ${bytes(down)} down`);
    if (time !== null) place.push(`after ${seconds(time)}, modelled`);
    return place;
  };

  // Bands of one standard deviation to either side of the means of several seeds, on any x axis.
  const band_opacity = 0.2;
  const low = ({y, deviation}) => y - (deviation ?? 0);
  const high = ({y, deviation}) => y + (deviation ?? 0);
  const bands = {
    id: "bands",
    beforeDatasetsDraw(chart) {
      const {ctx, chartArea: area, scales: {x, y}} = chart;
      ctx.save();
      ctx.beginPath();
      ctx.rect(area.left, area.top, area.width, area.height);
      ctx.clip();
      ctx.globalAlpha = band_opacity;
      chart.data.datasets.forEach((set, index) => {
        const points = set.data.filter((point) => point.deviation !== null);
        if (points.length === 0 || !chart.isDatasetVisible(index)) return;
        const to = (point, value) => ctx.lineTo(x.getPixelForValue(point.x), y.getPixelForValue(value));
        ctx.beginPath();
        points.forEach((point) => to(point, high(point)));
        points.reverse().forEach((point) => to(point, low(point)));
        ctx.closePath();
        ctx.fillStyle = set.borderColor;
        ctx.fill();
      });
      ctx.restore();
    },
  };

  // Target accuracies as dashed lines across the whole plot, on any x axis.
  const target_lines = {
    id: "targets",
    beforeDatasetsDraw(chart, _, {lines}) {
      const {ctx, chartArea: area, scales} = chart;
      ctx.save();
      ctx.strokeStyle = colour("--soft");
      ctx.lineWidth = 1.25;
      for (const {accuracy, dash} of lines) {
        const y = scales.y.getPixelForValue(accuracy);
        if (y < area.top || y > area.bottom) continue;
        ctx.setLineDash(dash);
        ctx.beginPath();
        ctx.moveTo(area.left, y);
        ctx.lineTo(area.right, y);
        ctx.stroke();
      }
      ctx.restore();
    },
  };

  // Keeps powers of ten, and 2 and 5 times them where there is room.
  function keep_round_ticks(axis) {
    const leads = Math.log10(axis.max / axis.min) < 2.5 ? [1, 2, 5] : [1];
    axis.ticks = axis.ticks.filter(({value}) => {
      const lead = value / 10 ** Math.floor(Math.log10(value) + 1e-9);
      return leads.some((kept) => Math.abs(lead - kept) < 1e-6);
    });
  }

  // True where arms end too far apart in x to be read on a linear axis.
  const spans_widely = (sets) => {
    const ends = sets.map((set) => set.data[set.data.length - 1].x).filter((end) => end > 0);
    return Math.max(...ends) / Math.min(...ends) > data.widest_linear;
  };

  const x_axis = (figure, log) => ({
    type: log ? "logarithmic" : "linear",
    ...(log ? {} : {min: 0}),
    title: {display: true, text: data.x_titles[figure.id] + (log ? " (logarithmic)" : "")},
    ...(log ? {afterBuildTicks: keep_round_ticks} : {}),
    ticks: {callback: (value) => figure.tick(value), maxRotation: 0, autoSkipPadding: 14},
  });

  // The range of y around the drawn values, within 0 to 1.
  function share_range(sets, targets) {
    const [least, most] = extent(sets, targets.map((target) => target.accuracy));
    return {suggestedMin: Math.max(0, least - 0.02), suggestedMax: Math.min(1, most + 0.02)};
  }
  // Includes the bands, which the chart library does not know.
  function loss_range(sets) {
    const [least, most] = extent(sets, []);
    return {suggestedMin: least, suggestedMax: most};
  }
  function extent(sets, values) {
    const all = sets.flatMap((set) => set.data.flatMap((point) => [low(point), high(point)]));
    return [...all, ...values].reduce(
        ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
        [Infinity, -Infinity]);
  }

  function datasets(figure) {
    return data.arms.map((arm, index) => {
      const points = arm[figure.curve].map(
          (p) => ({x: figure.at(p), y: p[4], deviation: p[6], where: where(p)}));
      // About a dozen markers on a long curve; a short curve has one on every point.
      const every = points.length <= 30 ? 1 : Math.ceil(points.length / 12);
      const marked = (i) => i % every === 0 || i + 1 === points.length;
      return {
        label: arm.name,
        arm: index,
        data: points.filter((p) => (!figure.only_what_was_sent || p.x > 0) &&
                                   (!figure.only_with_time || p.x !== null)),
        borderDash: look(index).dash,
        borderWidth: 2,
        pointStyle: look(index).marker,
        pointRadius: (context) => (marked(context.dataIndex) ? 3.5 : 0),
        pointHoverRadius: 6,
        pointHitRadius: 6,
      };
    }).filter((set) => set.data.length > 0);
  }

  // Sets the current colours: light, dark or paper.
  function paint(chart) {
    for (const set of chart.data.datasets) {
      const {colour: stroke, fill} = look(set.arm);
      set.borderColor = set.backgroundColor = colour(stroke);
      set.pointBackgroundColor = colour(fill);
    }
    for (const scale of Object.values(chart.options.scales)) {
      scale.grid = {color: colour("--grid"), borderColor: colour("--line")};
      scale.ticks.color = colour("--soft");
      scale.title.color = colour("--ink");
    }
  }

  // The swatch is wide enough to show a dash on both sides of the marker.
  function swatch(path, stroke, fill, dash) {
    const wide_dash = dash.join(" ") || "none";
    return `<svg width="44" height="14" aria-hidden="true" fill="none" stroke-width="2" ` +
        `style="stroke:var(${stroke})"><path d="M0 7h44" stroke-dasharray="${wide_dash}"/>` +
        (path ? `<path d="${path}" transform="translate(8)" style="fill:var(${fill})"/>` : "") + "</svg>";
  }

  function legend(list, chart) {
    list.classList.toggle("many", chart.data.datasets.length > 8);
    chart.data.datasets.forEach((set, index) => {
      const {colour: stroke, fill, dash, marker} = look(set.arm);
      const button = document.createElement("button");
      button.type = "button";
      button.title = "show or hide this arm";
      button.setAttribute("aria-pressed", "true");
      button.innerHTML = swatch(marker_paths[marker], stroke, fill, dash);
      button.append(Object.assign(document.createElement("span"), {textContent: set.label}));
      button.addEventListener("click", () => {
        const shown = !chart.isDatasetVisible(index);
        chart.setDatasetVisibility(index, shown);
        button.setAttribute("aria-pressed", String(shown));
        chart.update();
      });
      list.appendChild(document.createElement("li")).append(button);
    });
    for (const {label, dash} of chart.options.plugins.targets.lines) {
      const entry = list.appendChild(document.createElement("li"));
      entry.className = "target";
      entry.innerHTML = swatch("", "--soft", "--soft", dash);
      entry.append(Object.assign(document.createElement("span"), {textContent: label}));
    }
  }

  function draw(figure) {
    const element = document.getElementById(figure.id);
    const sets = datasets(figure);
    const choice = element.querySelector(".choice");
    if (sets.length === 0) {
      const empty = document.createElement("p");
      empty.className = "empty";
      empty.textContent = "Nothing to draw: the ledger has no such values.";
      element.querySelector(".plot").replaceWith(empty);
      if (choice) choice.remove();
      return null;
    }
    const y = axes[figure.curve];
    const targets = figure.curve === "accuracy" ? data.targets : [];
    const log = choice !== null && spans_widely(sets);
    const chart = new Chart(element.querySelector("canvas"), {
      type: "line",
      data: {datasets: sets},
      plugins: [bands, target_lines],
      options: {
        animation: false,
        responsive: true,
        maintainAspectRatio: false,
        parsing: false,
        normalized: true,
        interaction: {mode: "nearest", axis: "xy", intersect: false},
        scales: {
          x: x_axis(figure, log),
          y: {
            title: {display: true, text: y.title},
            ticks: {callback: y.tick},
            ...(y.is_share ? share_range(sets, targets) : loss_range(sets)),
          },
        },
        plugins: {
          legend: {display: false},
          targets: {lines: targets},
          tooltip: {
            usePointStyle: true,
            callbacks: {
              title: ([item]) => item.dataset.label,
              label: ({raw}) => `${y.title} ${y.tell(raw.y)}` +
                  (raw.deviation === null ? "" : ` ± ${y.tell(raw.deviation)}`),
              footer: ([item]) => item.raw.where,
            },
          },
        },
      },
    });
    paint(chart);
    chart.update();
    legend(element.querySelector(".legend"), chart);
    if (choice) {
      const box = choice.querySelector("input");
      box.checked = log;
      box.addEventListener("change", () => {
        chart.options.scales.x = x_axis(figure, box.checked);
        paint(chart);
        chart.update();
      });
    }
    return chart;
  }

  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.font.size = 13;
  const charts = figures.map(draw).filter((chart) => chart !== null);

  const repaint = () => charts.forEach((chart) => {
    paint(chart);
    chart.update();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  addEventListener("beforeprint", () => {
    root.classList.add("for-paper");
    repaint();
  });
  addEventListener("afterprint", () => {
    root.classList.remove("for-paper");
    repaint();
  });

  // Tells a test of the page what a reader would see: how many charts show a curve in the colour of
  // an arm, whether the page is wider than the window, and how many resources beyond the page
  // itself were requested.
  function shows_a_curve(chart) {
    const {width, height} = chart.canvas;
    if (width === 0 || height === 0) return false;
    const pixels = new Uint32Array(
        chart.canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer);
    const wanted = new Set(chart.data.datasets.map((set) => {
      const [r, g, b] = [1, 3, 5].map((at) => parseInt(set.borderColor.slice(at, at + 2), 16));
      return new Uint32Array(new Uint8Array([r, g, b, 255]).buffer)[0];
    }));
    let found = 0;
    for (const pixel of pixels) found += wanted.has(pixel) ? 1 : 0;
    return found >= 20;
  }
  requestAnimationFrame(() => {
    root.dataset.charts = `drawn ${charts.filter(shows_a_curve).length}`;
    root.dataset.overflow = root.scrollWidth > root.clientWidth ? "yes" : "no";
    root.dataset.requests = String(performance.getEntriesByType("resource").length);
  });
})();
