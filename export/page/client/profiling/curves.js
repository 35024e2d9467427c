// The curves of the profiler: every output along every input through the setting, in one batch.
import { band, roundTicks, trace } from '../chart.js';
import { tickTexts } from '../dom.js';

const CURVE_POINTS = 61;

// Where each input is varied: {at: [Float64Array per input], from: first row of each, rows, X}.
export function curveGrid(inputs) {
  const at = inputs.map((input) => {
    const n = input.levels ? input.levels.length : CURVE_POINTS;
    const width = input.upper - input.lower;
    return Float64Array.from({ length: n }, (_, j) =>
      input.levels ? j : j === n - 1 ? input.upper : input.lower + (width * j) / (n - 1),
    );
  });
  const from = at.map((_, i) => at.slice(0, i).reduce((sum, one) => sum + one.length, 0));
  const rows = at.reduce((sum, one) => sum + one.length, 0);
  return { at, from, rows, X: new Float64Array(rows * inputs.length) };
}

// {value, lower, upper} [rows * K] along the grid through the setting.
export function curvesThrough(app, grid) {
  const count = app.setting.length;
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < grid.at[i].length; j++) {
      const row = (grid.from[i] + j) * count;
      grid.X.set(app.setting, row);
      grid.X[row + i] = grid.at[i][j];
    }
  }
  return app.model.intervals(grid.X, grid.rows, app.level ?? undefined);
}

// [low, high] of output k that holds its curves; the old one as long as it fits well.
export function scaleOf(found, k, outputs, usual, old) {
  let low = Infinity;
  let high = -Infinity;
  for (let n = k; n < found.value.length; n += outputs) {
    for (const v of [found.value[n], found.lower[n], found.upper[n]]) {
      if (v < low) low = v;
      if (v > high) high = v;
    }
  }
  if (!(low <= high)) return old ?? usual;
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low < 1e-12 * size) return [low - 0.1 * size, high + 0.1 * size];
  const room = high - low || 1;
  if (old && low >= old[0] && high <= old[1] && room > 0.45 * (old[1] - old[0])) return old;
  return [low - 0.06 * room, high + 0.06 * room];
}

// Draws one cell; `cell`: {input, i, k, output, first, last, at, rug, place (pixels of x)}.
export function drawCell(g, size, cell, found, app, scale, tones) {
  const area = areaOf(size, cell);
  const X = (x) => area.left + cell.share(x) * area.width;
  const Y = (y) => area.top + (1 - (y - scale[0]) / (scale[1] - scale[0])) * area.height;
  g.font = '11px system-ui, sans-serif';
  cellFrame(g, area, cell, scale, tones, X, Y);
  cellLimits(g, area, app.limits[cell.k], scale, tones, Y);
  cellRug(g, area, cell, tones, X);
  const at = Array.from(cell.at, X);
  const of = (part) => Array.from(cell.at, (_, j) => Y(part[(cell.from + j) * cell.outputs + cell.k]));
  const lines = { value: of(found.value), lower: of(found.lower), upper: of(found.upper) };
  g.save();
  g.beginPath();
  g.rect(area.left - 4, area.top - 4, area.width + 8, area.height + 8);
  g.clip();
  (cell.input.levels ? cellDots : cellCurve)(g, at, lines, tones);
  g.restore();
  cellMarker(g, area, cell, app, tones, X, Y);
}

// The pixels of the data of a cell.
export function areaOf(size, cell) {
  const bottom = cell.last ? 20 : 8;
  return {
    left: cell.margin, top: 8, width: Math.max(size.width - cell.margin - 10, 10),
    height: Math.max(size.height - 8 - bottom, 10),
  };
}

function cellFrame(g, area, cell, scale, tones, X, Y) {
  g.strokeStyle = tones.line;
  g.fillStyle = tones.soft;
  g.lineWidth = 1;
  g.textAlign = 'right';
  g.textBaseline = 'middle';
  heightsOf(scale).forEach(([tick, text]) => {
    const y = Math.round(Y(tick)) + 0.5;
    cellLine(g, area.left, y, area.left + area.width, y);
    g.fillText(text, area.left - 5, y);
  });
  if (cell.last) cellLabels(g, area, cell, X);
}

// Ticks [number, text] of a scale.
function heightsOf(scale) {
  const ticks = roundTicks(scale[0], scale[1], 4), texts = tickTexts(ticks, 4);
  return ticks.map((tick, i) => [tick, texts[i]]);
}

// Pixels left of the data that the texts of a scale need.
export function marginFor(scale) {
  return Math.max(44, 10 + 6.5 * Math.max(...heightsOf(scale).map(([, text]) => text.length)));
}

function cellLabels(g, area, cell, X) {
  g.textBaseline = 'top';
  const y = area.top + area.height + 6;
  if (cell.input.levels) {
    g.textAlign = 'center';
    const room = area.width / cell.input.levels.length - 3;
    if (room < 14) return;
    cell.input.levels.forEach((name, j) => g.fillText(cutText(g, name, room), X(j), y));
    return;
  }
  const ends = [cell.input.lower, cell.input.upper], texts = tickTexts(ends, 5);
  ends.forEach((tick, j) => {
    g.textAlign = j ? 'right' : 'left';
    g.fillText(texts[j], X(tick) + (j ? 6 : -6), y);
  });
}

// The text, shortened with an ellipsis where it is wider than the room.
export function cutText(g, text, room) {
  if (g.measureText(text).width <= room) return text;
  const letters = [...text];
  while (letters.length > 1 && g.measureText(`${letters.join('')}\u2026`).width > room) letters.pop();
  return `${letters.join('')}\u2026`;
}

function cellLimits(g, area, [lower, upper, target], scale, tones, Y) {
  for (const [value, tone, dash] of [[lower, tones.s1, [4, 3]], [upper, tones.s1, [4, 3]], [target, tones.s2, []]]) {
    if (value === null || value < scale[0] || value > scale[1]) continue;
    g.strokeStyle = tone;
    g.setLineDash(dash);
    cellLine(g, area.left, Y(value), area.left + area.width, Y(value));
    g.setLineDash([]);
  }
}

// Short marks at the measured rows, one for each column of pixels that has any.
function cellRug(g, area, cell, tones, X) {
  if (!cell.rug) return;
  g.fillStyle = tones.soft;
  const seen = new Map(), aside = cell.input.levels ? 0.7 : 0; // rows of a level stand side by side
  for (const [n, x] of cell.rug.entries()) {
    const px = Math.round(X(x + aside * (((n * 0.618) % 1) - 0.5)));
    if (px >= area.left && px <= area.left + area.width) seen.set(px, (seen.get(px) ?? 0) + 1);
  }
  for (const [px, count] of seen) {
    g.globalAlpha = Math.min(0.25 + 0.15 * count, 1);
    g.fillRect(px, area.top + area.height - 5, 1, 5);
  }
  g.globalAlpha = 1;
}

function cellCurve(g, at, { value, lower, upper }, tones) {
  g.fillStyle = tones.s0;
  g.globalAlpha = 0.18;
  band(g, at, lower, upper);
  g.globalAlpha = 1;
  g.strokeStyle = tones.s0;
  g.lineWidth = 1.8;
  trace(g, at, value);
  g.lineWidth = 1;
}

function cellDots(g, at, { value, lower, upper }, tones) {
  g.fillStyle = g.strokeStyle = tones.s0;
  at.forEach((x, j) => {
    if (!Number.isFinite(value[j])) return;
    g.beginPath();
    g.arc(x, value[j], 3, 0, 7);
    g.fill();
    if (Number.isFinite(lower[j])) cellLine(g, x, lower[j], x, upper[j]);
  });
}

// Where the setting is: a line across and the predicted value.
function cellMarker(g, area, cell, app, tones, X, Y) {
  const x = app.setting[cell.i];
  if (!(x >= cell.input.lower && x <= cell.input.upper)) return;
  const tone = app.locked.has(cell.i) ? tones.soft : tones.s1;
  g.strokeStyle = g.fillStyle = tone;
  const px = Math.round(X(x)) + 0.5;
  cellLine(g, px, area.top, px, area.top + area.height);
  const y = Y(app.now.value[cell.k]);
  if (!(y >= area.top - 4 && y <= area.top + area.height + 4)) return;
  g.beginPath();
  g.arc(px, y, 4, 0, 7);
  g.fill();
}

function cellLine(g, x0, y0, x1, y1) {
  g.beginPath();
  g.moveTo(x0, y0);
  g.lineTo(x1, y1);
  g.stroke();
}
