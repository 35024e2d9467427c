// What if: the page of the model itself, computed in this browser, with a part of today as setting.
// It lies in a frame of its own, with a policy that lets it fetch nothing; settings go in by messages.
import { button, el, fill, write } from '../base/dom.js';
import { chosenLine, factsOf, nameOf } from '../base/state.js';
import { ask } from '../base/wire.js';

export function whatIfView(root) {
  const said = el('p', { class: 'said', role: 'status' }), place = el('div', { class: 'frame' });
  const give = (which) => () => handOver(place.querySelector('iframe'), which, said);
  const row = el('div', { class: 'row controls' }, button('Last part', give('last'), { id: 'give-last' }), button('Last reject', give('rejected'), { id: 'give-reject' }), said);
  root.append(row, place);
  addEventListener('message', (event) => heard(event, place, said));
  return () => {
    const line = chosenLine(), page = line && factsOf(line).page;
    row.hidden = !page;
    fill(place, line ? `${nameOf(line)} ${page}` : '', () => (page
      ? [el('iframe', { src: `/page/model/${encodeURIComponent(line.station)}/${encodeURIComponent(line.recipe)}`, title: `Model of ${nameOf(line)}` })]
      : [el('p', { text: 'The configuration names no page of this model. Make one on a workstation with "sna-edge export MODEL --to page", and name it beside the model: page = "line.html".' })]));
  };
}

// Today's parts and limits go along: the page shows them on its maps.
async function handOver(frame, which, said) {
  const line = chosenLine(), told = line?.[which];
  if (!frame || !told?.reading) return write(said, which === 'last' ? 'There is no part with readings yet.' : 'No part was rejected yet.');
  const { parts = [] } = await ask('readings', { station: line.station, recipe: line.recipe });
  frame.contentWindow.postMessage({
    station: nameOf(line), model: told.model?.sha256 ?? '', reading: told.reading,
    limits: Object.fromEntries(Object.entries(line.outputs).map(([name, one]) => [name, one.limits])),
    parts,
  }, location.origin);
  write(said, `Part ${told.part} was handed over.`);
}

// The page of the model says that it is ready, or why a part does not fit.
function heard(event, place, said) {
  const frame = place.querySelector('iframe');
  if (!frame || event.source !== frame.contentWindow || event.origin !== location.origin) return;
  if (event.data?.ready) handOver(frame, 'last', said);
  else if (typeof event.data?.says === 'string') write(said, event.data.says);
}
