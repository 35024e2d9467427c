// A small plot as SVG: a frame with ticks, then marks in the order they are added; classes and
// colours are those of the plots of reports (plot.css): series 0 .. 5, 6 for ink.
import { svg, tickTexts } from '../dom.js';
import { roundNumbers } from '../numbers/marching.js';

const LETTER_WIDE = 6.3, PLOT_TOP = 26, PLOT_BOTTOM = 42;

// `x`, `y`: [low, high]; `names`: texts at x = 0, 1, 2 .. instead of numbers; `described`: what
// readers who cannot see it are told.
export function framed({ x, y, title = '', xlabel = '', ylabel = '', width = 340, height = 250, names = null, described = '' }) {
  const heights = roundNumbers(y[0], y[1], Math.max(2, (height - PLOT_TOP - PLOT_BOTTOM) / 34));
  const written = tickTexts(heights, 5), widest = Math.max(2, ...written.map((text) => text.length));
  const left = 26 + LETTER_WIDE * widest, right = width - 12;
  const turned = names !== null && names.some((n) => LETTER_WIDE * n.length > (right - left) / names.length);
  const room = turned ? Math.min(12 + 4.2 * Math.max(...names.map((n) => n.length)), 96) : PLOT_BOTTOM - 24;
  const bottom = height - room - (xlabel ? 24 : 8);
  const px = (v) => left + ((v - x[0]) / (x[1] - x[0])) * (right - left);
  const py = (v) => bottom - ((v - y[0]) / (y[1] - y[0])) * (bottom - PLOT_TOP);
  const words = (text, at, to, anchor = 'middle', more = {}) =>
    svg('text', { class: 't', x: at.toFixed(1), y: to.toFixed(1), 'text-anchor': anchor, text, ...more });
  const node = svg('svg', {
    class: 'plot', viewBox: `0 0 ${width} ${height}`, width, height, role: 'img', 'aria-label': described || title,
  });
  if (title) node.append(svg('text', { class: 'h', x: left, y: 15, text: title }));
  heights.forEach((v, i) => {
    node.append(svg('path', { class: 'g', d: `M${left} ${py(v).toFixed(1)}H${right}` }));
    node.append(words(written[i], left - 5, py(v) + 4, 'end'));
  });
  const places = names ? names.map((n, i) => [i, n]) : labelledTicks(x, width / 75);
  for (const [v, text] of places) {
    if (turned) node.append(words(text, 0, 0, 'end', { transform: `translate(${(px(v) + 5).toFixed(1)} ${bottom + 13}) rotate(-38)` }));
    else node.append(words(text, px(v), bottom + 15));
  }
  node.append(svg('path', { class: 'a', d: `M${left} ${bottom}H${right}` }));
  if (xlabel) node.append(words(xlabel, Math.max((left + right) / 2, (LETTER_WIDE * xlabel.length) / 2), height - 6));
  if (ylabel) node.append(words(ylabel, 0, 0, 'middle', { transform: `translate(11 ${(PLOT_TOP + bottom) / 2}) rotate(-90)` }));
  return { node, x, px, py, left, right, top: PLOT_TOP, bottom };
}

// Round numbers [[v, text]] along an axis, fewer where their texts would touch.
function labelledTicks([low, high], count) {
  const ticks = roundNumbers(low, high, count), texts = tickTexts(ticks, 5);
  const longest = Math.max(0, ...texts.map((text) => text.length));
  const each = longest > 10 ? 2 : 1;
  return ticks.map((v, i) => [v, texts[i]]).filter((_, i) => i % each === 0);
}

const finitePairs = (xs, ys) => Array.from(xs, (v, i) => [v, ys[i]]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));

// A curve through points.
export function addLine(plot, xs, ys, series, dashed = false) {
  const d = finitePairs(xs, ys).map(([a, b]) => `${plot.px(a).toFixed(1)} ${plot.py(b).toFixed(1)}`).join('L');
  if (d) plot.node.append(svg('path', { class: `l s${series}${dashed ? ' dash' : ''}`, d: `M${d}` }));
}

// Round marks, one path for all.
export function addDots(plot, xs, ys, series, radius = 2.2) {
  const d = finitePairs(xs, ys).map(([a, b]) => `M${plot.px(a).toFixed(1)} ${plot.py(b).toFixed(1)}h0`).join('');
  if (d) plot.node.append(svg('path', { class: `d s${series}`, 'stroke-width': 2 * radius, d }));
}

// Upright strokes from low to high at xs.
export function addWhiskers(plot, xs, low, high, series) {
  const d = Array.from(xs, (v, i) => [v, low[i], high[i]]).filter((p) => p.every(Number.isFinite))
    .map(([v, a, b]) => `M${plot.px(v).toFixed(1)} ${plot.py(a).toFixed(1)}V${plot.py(b).toFixed(1)}`).join('');
  if (d) plot.node.append(svg('path', { class: `l whisker s${series}`, d }));
}

// Boxes [x0, x1, y0, y1] in data units; `soft`: translucent.
export function addBoxes(plot, boxes, series, soft = false) {
  for (const [a, b, low, high] of boxes) {
    const top = Math.min(plot.py(low), plot.py(high)), tall = Math.abs(plot.py(low) - plot.py(high));
    plot.node.append(svg('rect', {
      class: `${soft ? 'b' : 'f'} s${series}`, x: plot.px(a).toFixed(1), y: top.toFixed(1),
      width: Math.max(plot.px(b) - plot.px(a), 0.8).toFixed(1), height: Math.max(tall, soft ? 1 : 0).toFixed(1),
    }));
  }
}

// An upright line over the whole height with a word beside it, at the top.
export function addMark(plot, v, text, series) {
  if (!(v >= plot.x[0] && v <= plot.x[1])) return;
  const x = plot.px(v), late = x > (plot.left + plot.right) / 2;
  plot.node.append(svg('path', { class: `l dash s${series}`, d: `M${x.toFixed(1)} ${plot.top}V${plot.bottom}` }));
  plot.node.append(svg('text', {
    class: 't', x: (x + (late ? -4 : 4)).toFixed(1), y: plot.top + 9, 'text-anchor': late ? 'end' : 'start', text,
  }));
}

// [low, high] of all numbers with a margin; two different ends always.
export function spanOf(arrays, margin = 0.04) {
  let low = Infinity, high = -Infinity;
  for (const values of arrays) for (const v of values) if (Number.isFinite(v)) { low = Math.min(low, v); high = Math.max(high, v); }
  if (!(high >= low)) return [0, 1];
  const wide = high > low ? margin * (high - low) : 0.5 * Math.max(Math.abs(low), 1);
  return [low - wide, high + wide];
}
