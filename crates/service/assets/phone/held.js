// A sheet that was not accepted, and what can be done with it: sent once more, or, where the server keeps it for a decision,
// taken off this phone.

import { button, h } from './dom.js';

/** The buttons of a sheet that is held; `then` is called when something became of it. */
export function heldActs(app, sheet, words, then) {
  const again = async () => {
    await app.sync.run((one) => one.key === sheet.key);
    await then();
  };
  const remove = async () => {
    await app.queue.drop(sheet);
    app.sync.tell();
    await then();
  };
  return h('p', { class: 'ways' },
    button({ 'data-again': sheet.key, 'aria-label': `再传一次 ${words}`, onclick: again }, '再传一次'),
    sheet.parked ? button({ 'data-left': sheet.key, 'aria-label': `从本机移除 ${words}`, onclick: remove }, '知道了，从本机移除') : null);
}
