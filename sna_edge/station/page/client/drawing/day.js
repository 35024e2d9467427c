// A day of one output: what it spanned in each piece of time, its mean, and the limits.
import { along, clock } from '../base/numbers.js';
import { fresh, ticks, tones } from './chart.js';

const LEFT = 56, RIGHT = 12, TOP = 8, FOOT = 22;

// told {time, low, high, mean [T], start, end, limits}: pieces of equal time, or parts; null where none.
export function drawDay(canvas, told) {
  if (!canvas.clientWidth || !told.time?.length) return;
  const { g, wide, tall } = fresh(canvas), tone = tones();
  const numbers = [...told.low, ...told.high, ...told.limits.slice(0, 2)].filter(Number.isFinite);
  let low = Math.min(...numbers), high = Math.max(...numbers);
  const room = (high - low || Math.abs(high) || 1) * 0.05;
  [low, high] = [low - room, high + room];
  const first = told.time[0], last = told.time.at(-1), rest = Math.max(60, (last - first) * 0.02);
  const from = Math.max(told.start, first - rest), to = Math.min(told.end, last + rest);
  const x = (t) => LEFT + ((wide - LEFT - RIGHT) * (t - from)) / (to - from);
  const y = (v) => TOP + (tall - TOP - FOOT) * (1 - (v - low) / (high - low));
  grid(g, tone, { low, high, from, to, x, y, wide, tall });
  const step = Math.max(1.5, (wide - LEFT - RIGHT) / Math.max(told.time.length * 1.3, 60));
  told.time.forEach((t, i) => {
    if (!Number.isFinite(told.low[i])) return;
    g.fillStyle = tone.spread;
    g.fillRect(x(t) - step / 2, y(told.high[i]), step, Math.max(1.5, y(told.low[i]) - y(told.high[i])));
    const [lsl, usl] = told.limits;
    g.fillStyle = (Number.isFinite(lsl) && told.low[i] < lsl) || (Number.isFinite(usl) && told.high[i] > usl) ? tone.reject : tone.plot;
    g.fillRect(x(t) - step / 2, y(told.mean[i]) - 1.25, step, 2.5);
  });
  g.setLineDash([6, 4]);
  g.strokeStyle = tone.soft;
  for (const v of told.limits.slice(0, 2).filter(Number.isFinite)) {
    g.beginPath();
    g.moveTo(LEFT, y(v));
    g.lineTo(wide - RIGHT, y(v));
    g.stroke();
  }
  g.setLineDash([]);
}

function grid(g, tone, { low, high, from, to, x, y, wide, tall }) {
  const up = ticks(low, high, tall / 50);
  g.fillStyle = tone.soft;
  g.strokeStyle = tone.line;
  g.textAlign = 'right';
  g.textBaseline = 'middle';
  for (const v of up.at) {
    g.fillText(along(v, up.step), LEFT - 6, y(v));
    g.beginPath();
    g.moveTo(LEFT, Math.round(y(v)) + 0.5);
    g.lineTo(wide - RIGHT, Math.round(y(v)) + 0.5);
    g.stroke();
  }
  g.textAlign = 'center';
  g.textBaseline = 'bottom';
  const count = Math.max(2, Math.floor(wide / 110));
  for (let k = 0; k <= count; k++) {
    const t = from + ((to - from) * k) / count;
    const text = to - from > 600 ? clock(1000 * t).slice(0, 5) : clock(1000 * t);
    g.fillText(text, Math.min(Math.max(x(t), LEFT + 16), wide - 28), tall);
  }
}
