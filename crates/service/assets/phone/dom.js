// Elements without markup in strings: what people wrote is text and nothing else.

/** An element with attributes, listeners (`onclick`) and children; empty children are left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'value') element.value = value;
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

/** A button that submits nothing. */
export const button = (attributes, ...children) => h('button', { type: 'button', ...attributes }, ...children);

/** The longest between the taps of a hurried finger, in milliseconds. */
const MOMENT = 400;
let resting = 0;

/** Shows the page's content; whoever reads by ear or key comes to its heading. `still` draws the same page anew, under
 * the eyes and fingers of whoever is reading it. */
export function show(content, title, still = false) {
  const page = document.querySelector('#page');
  const [height, held] = [scrollY, still ? holdFocus(page) : null];
  // A dialog is about the page that was left.
  if (!still) document.querySelector('dialog')?.remove();
  page.replaceChildren(...content.filter(Boolean));
  document.title = `${title} · 评分`;
  scrollTo(0, still ? height : 0);
  if (still) held?.();
  else page.querySelector('h1')?.focus({ preventScroll: true });
  clearTimeout(resting);
  resting = setTimeout(() => delete page.dataset.resting, MOMENT);
}

/** What puts the focus back where it is now, once the page was drawn anew. */
function holdFocus(page) {
  const { id, dataset, selectionStart } = document.activeElement ?? {};
  const marks = { household: dataset?.household, group: dataset?.group, month: dataset?.month };
  const name = Object.keys(marks).find((one) => marks[one] !== undefined);
  const wanted = id ? `#${CSS.escape(id)}` : name ? `[data-${name}="${CSS.escape(marks[name])}"]` : null;
  if (!wanted || !page.contains(document.activeElement)) return null;
  return () => {
    const again = page.querySelector(wanted);
    again?.focus({ preventScroll: true });
    if (selectionStart !== undefined && selectionStart !== null) again?.setSelectionRange(selectionStart, selectionStart);
  };
}

/** The heading of a page. */
export const heading = (...children) => h('h1', { tabindex: '-1' }, ...children);

/** Takes no tap until the page that comes next has been shown for a moment: the second tap of a hurried finger would fall
 * on it. */
export function rest() {
  clearTimeout(resting);
  document.querySelector('#page').dataset.resting = '';
}

/** Says what was done, or why not, at the top of every page, with a link to what it is about. */
export function tell(words, kind, link) {
  const place = document.querySelector('#told');
  place.dataset.kind = kind;
  place.replaceChildren(words, link ?? '');
  place.hidden = !words;
}
