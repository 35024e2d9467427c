// A histogram with limits and mean; bars outside the limits are the only colour.
import { along } from '../base/numbers.js';
import { fresh, ticks, tones } from './chart.js';

const FOOT = 20, TOP = 6;

export function drawBars(canvas, told, lsl, usl) {
  if (!canvas.clientWidth) return;
  const { g, wide, tall } = fresh(canvas), tone = tones();
  const from = told.from, to = told.from + told.step * told.counts.length, most = Math.max(...told.counts, 1);
  const ends = [from, to, lsl, usl].filter(Number.isFinite), low = Math.min(...ends), high = Math.max(...ends);
  const room = (high - low) * 0.03, x = (v) => ((v - low + room) / (high - low + 2 * room)) * wide;
  told.counts.forEach((count, i) => {
    const left = from + i * told.step, right = left + told.step, slack = told.step * 1e-6;
    const out = (Number.isFinite(lsl) && right <= lsl + slack) || (Number.isFinite(usl) && left >= usl - slack);
    const height = ((tall - FOOT - TOP) * count) / most;
    g.fillStyle = out ? tone.reject : tone.plot;
    g.fillRect(x(left) + 0.5, tall - FOOT - height, Math.max(1, x(right) - x(left) - 1), height);
  });
  foot(g, tone, low, high, x, wide, tall);
  line(g, tone.ink, [6, 4], [lsl, usl], x, tall);
  line(g, tone.ink, [], [told.mean], x, tall);
}

function foot(g, tone, low, high, x, wide, tall) {
  const { at, step } = ticks(low, high, wide / 80);
  g.fillStyle = tone.soft;
  g.textAlign = 'center';
  g.textBaseline = 'bottom';
  for (const v of at) g.fillText(along(v, step), Math.min(Math.max(x(v), 18), wide - 18), tall);
  g.strokeStyle = tone.line;
  g.beginPath();
  g.moveTo(0, tall - FOOT + 0.5);
  g.lineTo(wide, tall - FOOT + 0.5);
  g.stroke();
}

function line(g, colour, dash, values, x, tall) {
  g.setLineDash(dash);
  g.strokeStyle = colour;
  g.lineWidth = 1.5;
  for (const v of values.filter(Number.isFinite)) {
    g.beginPath();
    g.moveTo(x(v), TOP);
    g.lineTo(x(v), tall - FOOT);
    g.stroke();
  }
  g.setLineDash([]);
}
