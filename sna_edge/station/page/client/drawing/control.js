// A control chart: a panel for each of its statistics, with centre line and limits as they were at
// each point; rings where a rule signals.
import { along } from '../base/numbers.js';
import { fresh, ticks, tones } from './chart.js';

const LEFT = 64, RIGHT = 12, FOOT = 20, GAP = 14, TITLE = 18;

// told: {heads: [[statistic, centre, lower, upper]], points: [[record, ms, part, [[value, lower, upper]], rules]]}.
export function drawControl(canvas, told, names) {
  if (!canvas.clientWidth || !told.heads?.length) return;
  const { g, wide, tall } = fresh(canvas), tone = tones(), count = told.heads.length;
  const room = (tall - FOOT - (count - 1) * GAP) / count;
  const step = (wide - LEFT - RIGHT) / Math.max(told.points.length, 30);
  told.heads.forEach((head, k) => panel(g, tone, told.points, head, k, names[k], { wide, step, top: k * (room + GAP), room }));
  feet(g, tone, told.points, wide, tall, step);
}

function panel(g, tone, points, [, center, lower, upper], k, name, { wide, step, top, room }) {
  const rows = points.map((p) => p[3][k]), all = [...rows.flat(), center, lower, upper].filter(Number.isFinite);
  const low = Math.min(...all), high = Math.max(...all), slack = (high - low || Math.abs(high) || 1) * 0.06;
  const y = (v) => top + TITLE + (room - TITLE) * (1 - (v - low + slack) / (high - low + 2 * slack));
  const x = (i) => LEFT + step * (i + 0.5);
  scale(g, tone, low, high, y, wide, room);
  title(g, tone, name, top, wide);
  level(g, tone.soft, center, y, wide);
  for (const end of [1, 2]) staircase(g, tone, rows, end, end === 1 ? lower : upper, x, y, step, wide);
  curve(g, tone, rows, x, y);
  rows.forEach(([value, least, most], i) => {
    if (!Number.isFinite(value)) return;
    const beyond = (Number.isFinite(least) && value < least) || (Number.isFinite(most) && value > most);
    const signals = beyond || (k === 0 && points[i][4].some((rule) => !rule.startsWith('moving range:')));
    dot(g, tone, x(i), y(value), signals);
  });
}

function scale(g, tone, low, high, y, wide, room) {
  const { at, step } = ticks(low, high, Math.max(2, room / 40));
  g.setLineDash([]);
  g.textAlign = 'right';
  g.textBaseline = 'middle';
  g.lineWidth = 1;
  for (const v of at) {
    g.strokeStyle = tone.line;
    g.globalAlpha = 0.5;
    stroke(g, LEFT, y(v), wide - RIGHT, y(v));
    g.globalAlpha = 1;
    g.fillStyle = tone.soft;
    g.fillText(along(v, step), LEFT - 6, y(v));
  }
}

// With its limits in numbers, where there is room.
function title(g, tone, name, top, wide) {
  g.fillStyle = tone.ink;
  g.textAlign = 'left';
  g.textBaseline = 'top';
  g.fillText(g.measureText(name).width < wide - LEFT - RIGHT ? name : name.split(':')[0], LEFT, top + 2);
}

function level(g, colour, v, y, wide) {
  if (!Number.isFinite(v)) return;
  g.strokeStyle = colour;
  g.lineWidth = 1.5;
  stroke(g, LEFT, y(v), wide - RIGHT, y(v));
}

// Limits as they were at each point, to the right edge as they are now.
function staircase(g, tone, rows, end, now, x, y, step, wide) {
  g.setLineDash([6, 4]);
  g.strokeStyle = tone.ink;
  g.lineWidth = 1.2;
  g.beginPath();
  let drawn = false;
  rows.forEach((row, i) => {
    if (!Number.isFinite(row[end])) return;
    g[drawn ? 'lineTo' : 'moveTo'](x(i) - step / 2, y(row[end]));
    g.lineTo(x(i) + step / 2, y(row[end]));
    drawn = true;
  });
  if (Number.isFinite(now)) {
    g[drawn ? 'lineTo' : 'moveTo'](drawn ? x(rows.length - 0.5) : LEFT, y(now));
    g.lineTo(wide - RIGHT, y(now));
  }
  g.stroke();
  g.setLineDash([]);
}

function curve(g, tone, rows, x, y) {
  g.strokeStyle = tone.spread;
  g.lineWidth = 1.5;
  g.beginPath();
  let down = false;
  rows.forEach(([value], i) => {
    if (Number.isFinite(value)) g[down ? 'lineTo' : 'moveTo'](x(i), y(value));
    down = Number.isFinite(value);
  });
  g.stroke();
}

function dot(g, tone, x, y, signals) {
  g.fillStyle = signals ? tone.none : tone.plot;
  g.beginPath();
  g.arc(x, y, 2.6, 0, 7);
  g.fill();
  if (!signals) return;
  g.strokeStyle = tone.none;
  g.lineWidth = 1.8;
  g.beginPath();
  g.arc(x, y, 6, 0, 7);
  g.stroke();
}

function feet(g, tone, points, wide, tall, step) {
  if (!points.length) return;
  g.fillStyle = tone.soft;
  g.textBaseline = 'bottom';
  g.textAlign = 'left';
  g.fillText(points[0][2].slice(0, 20), LEFT, tall);
  g.textAlign = 'right';
  if (points.length > 1) g.fillText(points.at(-1)[2].slice(0, 20), Math.max(LEFT + step * points.length, LEFT + 200), tall);
}

function stroke(g, x0, y0, x1, y1) {
  g.beginPath();
  g.moveTo(x0, Math.round(y0) + 0.5);
  g.lineTo(x1, Math.round(y1) + 0.5);
  g.stroke();
}
