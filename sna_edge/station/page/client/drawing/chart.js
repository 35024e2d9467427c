// Charts on a canvas, small enough to need no library: grey unless something is not normal.
import { along } from '../base/numbers.js';
import { kindOf } from '../base/shapes.js';

const LEFT = 56, RIGHT = 10, TOP = 8, BOTTOM = 20;

// The colours of the style sheet as they are now.
export function tones() {
  const style = getComputedStyle(document.documentElement);
  const names = ['ink', 'soft', 'line', 'card', 'reject', 'none', 'plot', 'spread'];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

// A cleared context in CSS pixels, and its size.
export function fresh(canvas) {
  const ratio = devicePixelRatio || 1, wide = canvas.clientWidth, tall = canvas.clientHeight;
  const [w, h] = [Math.round(wide * ratio), Math.round(tall * ratio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const g = canvas.getContext('2d');
  g.setTransform(ratio, 0, 0, ratio, 0, 0);
  g.clearRect(0, 0, wide, tall);
  g.font = '12px system-ui, sans-serif';
  return { g, wide, tall };
}

// Round numbers from low to high and the step between them.
export function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count), power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999) ?? raw;
  const at = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) at.push(k * step);
  return { at, step };
}

// points [{y, lower, upper, measured, signal, verdict}] in their order; lines {center, lower,
// upper} of the control chart; limits [LSL, USL] of the part.
export function drawRun(canvas, points, { lines = {}, limits = [], zero = false }) {
  if (!canvas.clientWidth) return;
  const { g, wide, tall } = fresh(canvas), tone = tones();
  const [low, high] = endsOf(points, lines, limits, zero);
  const y = (v) => TOP + (tall - TOP - BOTTOM) * (1 - (v - low) / (high - low));
  const step = (wide - LEFT - RIGHT) / Math.max(points.length, 30);
  const x = (i) => LEFT + step * (i + 0.5);
  axis(g, tone, low, high, y, wide, tall);
  rule(g, tone.soft, [6, 4], limits.slice(0, 2), y, wide);
  rule(g, tone.soft, [1.5, 3], [lines.lower, lines.upper], y, wide);
  rule(g, tone.line, [], [lines.center, zero ? 0 : null], y, wide);
  spread(g, tone, points, x, y, step);
  ends(g, tone, points, x, wide, tall);
  dots(g, tone, points, x, y, step);
}

// What has to be seen: the points, control limits, and limits of the part that are not too far off.
function endsOf(points, lines, limits, zero) {
  const seen = points.flatMap((p) => [p.y, p.measured, p.lower, p.upper]);
  const all = [...seen, lines.lower, lines.upper, zero ? 0 : null].filter(Number.isFinite);
  if (!all.length) return [0, 1];
  let low = Math.min(...all), high = Math.max(...all);
  const span = high - low || Math.abs(high) || 1;
  for (const end of limits.slice(0, 2).filter(Number.isFinite)) {
    if (end >= low - span && end <= high + span) [low, high] = [Math.min(low, end), Math.max(high, end)];
  }
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - room, high + room];
}

function axis(g, tone, low, high, y, wide, tall) {
  const { at, step } = ticks(low, high, tall / 45);
  g.textAlign = 'right';
  g.textBaseline = 'middle';
  g.lineWidth = 1;
  for (const v of at) {
    g.strokeStyle = tone.line;
    g.globalAlpha = 0.5;
    g.beginPath();
    g.moveTo(LEFT, Math.round(y(v)) + 0.5);
    g.lineTo(wide - RIGHT, Math.round(y(v)) + 0.5);
    g.stroke();
    g.globalAlpha = 1;
    g.fillStyle = tone.soft;
    g.fillText(along(v, step), LEFT - 6, y(v));
  }
}

function rule(g, colour, dash, values, y, wide) {
  g.setLineDash(dash);
  g.lineWidth = 1.5;
  g.strokeStyle = colour;
  for (const v of values.filter(Number.isFinite)) {
    g.beginPath();
    g.moveTo(LEFT, y(v));
    g.lineTo(wide - RIGHT, y(v));
    g.stroke();
  }
  g.setLineDash([]);
}

function spread(g, tone, points, x, y, step) {
  g.fillStyle = tone.spread;
  const width = Math.max(1.5, step * 0.6);
  points.forEach((p, i) => {
    if (Number.isFinite(p.lower) && Number.isFinite(p.upper)) g.fillRect(x(i) - width / 2, y(p.upper), width, y(p.lower) - y(p.upper));
  });
}

// Which parts the chart begins and ends with.
function ends(g, tone, points, x, wide, tall) {
  if (points.length < 2 || !points[0].part) return;
  g.fillStyle = tone.soft;
  g.textBaseline = 'bottom';
  g.textAlign = 'left';
  g.fillText(points[0].part.slice(0, 20), LEFT, tall);
  g.textAlign = 'right';
  g.fillText(points.at(-1).part.slice(0, 20), Math.max(x(points.length - 1), LEFT + 200), tall);
}

function dots(g, tone, points, x, y, step) {
  const size = Math.max(1.6, Math.min(4, step / 2.5));
  points.forEach((p, i) => {
    if (Number.isFinite(p.measured)) {
      g.strokeStyle = tone.ink;
      g.lineWidth = 1.2;
      const r = size + 1.5, cy = y(p.measured);
      g.beginPath();
      for (const [dx, dy] of [[0, -r], [r, 0], [0, r], [-r, 0], [0, -r]]) g.lineTo(x(i) + dx, cy + dy);
      g.stroke();
    }
    if (!Number.isFinite(p.y)) return;
    const kind = kindOf(p.verdict);
    g.fillStyle = kind === 'reject' ? tone.reject : kind === 'none' ? tone.none : tone.plot;
    g.beginPath();
    g.arc(x(i), y(p.y), kind === 'reject' ? size + 1 : size, 0, 7);
    g.fill();
    if (p.signal) ring(g, tone, x(i), y(p.y), size + 3.5);
  });
}

function ring(g, tone, x, y, r) {
  g.strokeStyle = tone.none;
  g.lineWidth = 1.5;
  g.beginPath();
  g.arc(x, y, r, 0, 7);
  g.stroke();
}
