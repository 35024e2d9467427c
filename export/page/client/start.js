// Opens the model that the page carries and shows the tabs. The last module of the page.
import { open } from './sna.js';
import { el } from './dom.js';
import { createApp, viewOf } from './app.js';
import { profiler } from './profiler.js';
import { contour } from './contour.js';
import { finding } from './finding.js';
import { matters } from './matters.js';
import { why } from './why.js';
import { good } from './good.js';
import { listenToHost } from './hosted.js';

const VIEWS = [
  ['profiler', 'Profiler', profiler],
  ['contour', 'Contour', contour],
  ['finding', 'Find settings', finding],
  ['matters', 'What matters', matters],
  ['why', 'Why this value', why],
  ['good', 'How good', good],
];

async function startPage() {
  const about = JSON.parse(new TextDecoder().decode(await unpackedBlock('about')));
  about.report = takeReport();
  about.rows = withGaps(about.rows);
  const app = await openedApp(about);
  if (!app) return;
  const show = makeTabs(app);
  app.show = show;
  window.sna = app;
  show(VIEWS.some(([id]) => `#${id}` === location.hash) ? location.hash.slice(1) : VIEWS[0][0]);
  watchWindow(app);
  document.body.dataset.state = 'ready';
}

// Tables of measured rows with NaN for numbers that are missing (null in JSON, which counts as 0).
function withGaps(rows) {
  const columns = (v) => (Array.isArray(v?.[0]) ? v.map((column) => column.map((one) => one ?? NaN)) : v);
  return rows && Object.fromEntries(Object.entries(rows).map(([name, v]) => [name, columns(v)]));
}

// The report stands in the page as it is, readable without scripts; here it becomes a text.
function takeReport() {
  const block = document.getElementById('report');
  const html = block ? block.innerHTML : '';
  block?.remove();
  return html;
}

async function openedApp(about) {
  try {
    const [bytes, wasm] = await Promise.all([unpackedBlock('model'), unpackedBlock('wasm')]);
    const app = createApp(await open(bytes, wasm), about);
    listenToHost(app, bytes);
    return app;
  } catch (error) {
    document.getElementById('views').append(
      el('p', { class: 'wrong', role: 'alert', text: `The model could not be opened: ${error.message}` }),
    );
    document.body.dataset.state = 'failed';
    return null;
  }
}

// Bytes of a block of the page: base64 of raw deflate.
async function unpackedBlock(id) {
  const text = atob(document.getElementById(id).textContent);
  const packed = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function makeTabs(app) {
  const list = document.getElementById('tabs');
  const views = document.getElementById('views');
  const all = VIEWS.map(([id, label, build]) => makeTab(app, id, label, build));
  list.replaceChildren(...all.map((one) => one.button));
  views.replaceChildren(...all.map((one) => one.panel));
  const show = (id) => {
    for (const one of all) one.choose(one.id === id);
  };
  list.addEventListener('keydown', (event) => {
    const at = all.findIndex((one) => one.button === document.activeElement);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    show(next.id);
    next.button.focus();
  });
  for (const one of all) one.button.addEventListener('click', () => show(one.id));
  return show;
}

function makeTab(app, id, label, build) {
  const button = el('button', {
    role: 'tab', id: `tab-${id}`, 'aria-controls': `view-${id}`, type: 'button', text: label,
  });
  const panel = el('section', {
    role: 'tabpanel', id: `view-${id}`, 'aria-labelledby': `tab-${id}`, tabindex: '0', hidden: true,
  });
  let view = null;
  const choose = (on) => {
    button.setAttribute('aria-selected', String(on));
    button.tabIndex = on ? 0 : -1;
    panel.hidden = !on;
    if (!on) return;
    button.scrollIntoView({ block: 'nearest', inline: 'nearest' });
    if (view) return view.woken();
    view = viewOf(app, panel);
    build(view, panel);
  };
  return { id, button, panel, choose };
}

// Canvases are drawn again when colours or widths change.
function watchWindow(app) {
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => app.emit('theme'));
  addEventListener('resize', () => app.emit('size'));
}

startPage();
