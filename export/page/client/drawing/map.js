// A contour map on a canvas: colours, labelled lines, the region inside limits, measured rows, the
// present setting, axes and a colour bar. Units are CSS pixels.
import { format } from '../dom.js';
import { contourLines, labelPlace, roundNumbers } from '../numbers/marching.js';
import { CIVIDIS_PIXELS } from './colours.js';

// Where things are on a canvas of this size: the map from left, top, `wide` x `tall`; the bar right of it.
export function mapFrame(width, height, longest) {
  const left = 27 + 7 * Math.max(3, longest), right = width < 460 ? 62 : 78;
  return { left, top: 10, wide: width - left - right, tall: height - 10 - 42, width, height };
}

// Colours of values [ny * nx] between low and high, drawn over the frame; cells of inputs with levels
// (`flat`) keep their edges.
export function paintField(g, frame, values, nx, ny, low, high, flat) {
  const image = new ImageData(nx, ny), pixels = new Uint32Array(image.data.buffer);
  const scale = 255 / (high - low || 1);
  for (let j = 0, from = 0; j < ny; j++) {
    for (let i = 0, to = (ny - 1 - j) * nx; i < nx; i++, from++, to++) {
      const v = values[from];
      if (v === v) pixels[to] = CIVIDIS_PIXELS[Math.min(255, Math.max(0, Math.round((v - low) * scale)))];
    }
  }
  stretch(g, frame, image, nx, ny, flat);
}

const KEPT_CANVASES = {};

// A canvas that is not shown, the same each time: to make one takes as long as to draw it.
function keptCanvas(name, width, height) {
  const kept = (KEPT_CANVASES[name] ??= document.createElement('canvas'));
  if (kept.width !== width || kept.height !== height) Object.assign(kept, { width, height });
  return kept;
}

// An image whose pixels are nodes: those at the border lie on the border, unless they are `flat`.
function stretch(g, { left, top, wide, tall }, image, nx, ny, flat) {
  const small = keptCanvas('field', nx, ny);
  small.getContext('2d').putImageData(image, 0, 0);
  g.save();
  g.imageSmoothingEnabled = !flat;
  g.beginPath();
  g.rect(left, top, wide, tall);
  g.clip();
  const sx = wide / (flat ? nx : nx - 1), sy = tall / (flat ? ny : ny - 1);
  g.drawImage(small, left - (flat ? 0 : sx / 2), top - (flat ? 0 : sy / 2), nx * sx, ny * sy);
  g.restore();
}

// What lies outside the limits is veiled and hatched; the border of what is inside is drawn.
export function paintLimits(g, frame, margin, nx, ny, flat, paper, ink) {
  const image = new ImageData(nx, ny), pixels = new Uint32Array(image.data.buffer);
  for (let j = 0, from = 0; j < ny; j++) {
    for (let i = 0, to = (ny - 1 - j) * nx; i < nx; i++, from++, to++) if (!(margin[from] >= 0)) pixels[to] = 0xff000000;
  }
  const veil = keptCanvas('veil', g.canvas.width, g.canvas.height);
  const v = veil.getContext('2d');
  v.globalCompositeOperation = 'source-over';
  v.setTransform(1, 0, 0, 1, 0, 0);
  v.clearRect(0, 0, veil.width, veil.height);
  v.setTransform(g.getTransform());
  stretch(v, frame, image, nx, ny, flat);
  v.globalCompositeOperation = 'source-in';
  v.fillStyle = hatch(v, paper, ink);
  v.fillRect(0, 0, frame.width, frame.height);
  g.save();
  g.setTransform(1, 0, 0, 1, 0, 0);
  g.drawImage(veil, 0, 0);
  g.restore();
  if (!flat) strokeLines(g, contourLines(margin, nx, ny, 0).map((l) => inPixels(l, frame, nx, ny)), [['#000', 4.5], ['#fff', 2.5]]);
}

function hatch(g, paper, ink) {
  const tile = document.createElement('canvas');
  Object.assign(tile, { width: 10, height: 10 });
  const t = tile.getContext('2d');
  t.globalAlpha = 0.62;
  t.fillStyle = paper;
  t.fillRect(0, 0, 10, 10);
  t.globalAlpha = 0.45;
  t.strokeStyle = ink;
  t.lineWidth = 1;
  t.beginPath();
  for (const at of [-10, 0, 10]) {
    t.moveTo(at, 10);
    t.lineTo(at + 10, 0);
  }
  t.stroke();
  return g.createPattern(tile, 'repeat');
}

function inPixels(line, { left, top, wide, tall }, nx, ny) {
  return line.map((v, i) => (i % 2 ? top + tall * (1 - v / (ny - 1)) : left + (wide * v) / (nx - 1)));
}

function strokeLines(g, lines, styles) {
  g.lineJoin = 'round';
  g.beginPath();
  for (const line of lines) {
    g.moveTo(line[0], line[1]);
    for (let i = 2; i < line.length; i += 2) g.lineTo(line[i], line[i + 1]);
  }
  for (const [colour, width] of styles) {
    g.strokeStyle = colour;
    g.lineWidth = width;
    g.stroke();
  }
}

// Lines at round numbers between low and high, each with its number.
export function paintLines(g, frame, values, nx, ny, low, high, written) {
  const taken = [], labels = [];
  for (const level of roundNumbers(low, high, 10)) {
    const lines = contourLines(values, nx, ny, level).map((l) => inPixels(l, frame, nx, ny));
    strokeLines(g, lines, [['rgba(0,0,0,.5)', 2.2], ['rgba(255,255,255,.9)', 1]]);
    for (const line of lines.sort((a, b) => b.length - a.length).slice(0, 3)) {
      const inside = line.map((v, i) => v - (i % 2 ? frame.top : frame.left));
      const place = labelPlace(inside, 7 * written(level).length + 8, frame.wide, frame.tall, 26, taken);
      if (!place) continue;
      taken.push([place[0], place[1]]);
      labels.push([written(level), ...place]);
    }
  }
  for (const [text, x, y, angle] of labels) haloed(g, text, frame.left + x, frame.top + y, angle);
}

function haloed(g, text, x, y, angle) {
  g.save();
  g.translate(x, y);
  g.rotate(angle);
  Object.assign(g, { font: '600 11.5px system-ui, sans-serif', textAlign: 'center', textBaseline: 'middle' });
  Object.assign(g, { lineWidth: 3.5, lineJoin: 'round', strokeStyle: 'rgba(0,0,0,.8)', fillStyle: '#fff' });
  g.strokeText(text, 0, 0);
  g.fillText(text, 0, 0);
  g.restore();
}

// Measured rows [[x, y, near]] in shares of the frame: those whose other inputs are near the present
// ones are full, others faint.
export function paintRows(g, { left, top, wide, tall }, rows) {
  g.save();
  for (const [x, y, near] of rows) {
    g.globalAlpha = near ? 0.95 : 0.4;
    g.beginPath();
    g.arc(left + x * wide, top + (1 - y) * tall, near ? 3 : 2, 0, 7);
    Object.assign(g, { fillStyle: '#fff', strokeStyle: '#000', lineWidth: 1 });
    g.fill();
    g.stroke();
  }
  g.restore();
}

// The present setting at shares x, y of the frame: lines across and a ring.
export function paintSetting(g, { left, top, wide, tall }, x, y) {
  const px = left + x * wide, py = top + (1 - y) * tall;
  for (const [colour, width] of [['rgba(0,0,0,.6)', 3], ['#fff', 1.2]]) {
    Object.assign(g, { strokeStyle: colour, lineWidth: width });
    g.beginPath();
    g.moveTo(px, top);
    g.lineTo(px, top + tall);
    g.moveTo(left, py);
    g.lineTo(left + wide, py);
    g.stroke();
    g.beginPath();
    g.arc(px, py, 6.5, 0, 7);
    Object.assign(g, { lineWidth: width + 1.2 });
    g.stroke();
  }
}

// Ticks [[share, text]] of both axes, their labels, and the frame around the map.
export function paintAxes(g, frame, xticks, yticks, xlabel, ylabel, { ink, soft }) {
  const { left, top, wide, tall, height } = frame;
  Object.assign(g, { font: '12px system-ui, sans-serif', fillStyle: soft, strokeStyle: soft, lineWidth: 1 });
  g.strokeRect(left + 0.5, top + 0.5, wide - 1, tall - 1);
  Object.assign(g, { textAlign: 'center', textBaseline: 'top' });
  for (const [at, text] of thinTicks(g, xticks, wide)) g.fillText(text, left + at * wide, top + tall + 5);
  Object.assign(g, { textAlign: 'right', textBaseline: 'middle' });
  for (const [at, text] of yticks) g.fillText(text, left - 5, top + (1 - at) * tall);
  Object.assign(g, { fillStyle: ink, textAlign: 'center', textBaseline: 'bottom' });
  g.fillText(xlabel, Math.max(left + wide / 2, g.measureText(xlabel).width / 2 + 4), height - 4, frame.width - 8);
  g.save();
  g.translate(3, top + tall / 2);
  g.rotate(-Math.PI / 2);
  g.textBaseline = 'top';
  g.fillText(ylabel, 0, 0, tall + 8);
  g.restore();
}

// Ticks that leave each other room; each n-th where they would touch.
function thinTicks(g, ticks, wide) {
  const widest = Math.max(1, ...ticks.map(([, t]) => g.measureText(t).width)) + 8;
  const each = Math.ceil((widest * ticks.length) / wide);
  return ticks.filter((_, i) => i % each === 0);
}

// The colour bar right of the map with round numbers.
export function paintBar(g, frame, low, high, written, { ink, soft }) {
  const x = frame.left + frame.wide + 10, { top, tall } = frame, wide = 14;
  for (let i = 0; i < tall; i++) {
    const p = CIVIDIS_PIXELS[Math.round(255 * (1 - i / tall))];
    g.fillStyle = `rgb(${p & 255},${(p >> 8) & 255},${(p >> 16) & 255})`;
    g.fillRect(x, top + i, wide, 1.5);
  }
  Object.assign(g, { strokeStyle: soft, fillStyle: ink, font: '12px system-ui, sans-serif', lineWidth: 1 });
  g.strokeRect(x + 0.5, top + 0.5, wide - 1, tall - 1);
  Object.assign(g, { textAlign: 'left', textBaseline: 'middle' });
  for (const v of roundNumbers(low, high, 6)) {
    const y = top + tall * (1 - (v - low) / (high - low));
    g.fillText(written(v), x + wide + 4, Math.min(Math.max(y, top + 6), top + tall - 6), frame.width - x - wide - 5);
  }
}
