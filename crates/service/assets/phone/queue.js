// The queue: saved sheets that the server has not taken yet. One change after another, each kept before it counts.

import { nameOf } from './sheets.js';

const nameOfSheet = (sheet) => nameOf(sheet.month, sheet.household_code);

/** Whether a sheet waits for a person: it was not accepted, and nobody has asked since to send it again. */
export const isAtRest = (sheet) => Boolean(sheet.held) && !sheet.tried;

/** Asks for none of the sheets that wait for a person. */
export const NONE = () => false;

/** The queue of a store. */
export class Queue {
  #last = Promise.resolve();

  constructor(store) {
    this.store = store;
    this.sheets = [];
    /** The revisions that sheets of this phone became: what is saved here later was made knowing them. */
    this.taken = new Map();
  }

  /** Reads what the store keeps; another window may have changed it. */
  load() {
    return this.#inTurn(() => this.#read());
  }

  /** Adds a sheet in the place of its draft. It replaces the household's earlier one, unless the server may have that
   * already: then the earlier one is asked about first, and this one waits. */
  add(sheet) {
    return this.#inTurn(async () => {
      await this.#read();
      const earlier = this.sheets.filter((one) => nameOfSheet(one) === nameOfSheet(sheet));
      const replaced = earlier.filter((one) => !one.tried);
      // It is the later one, also where somebody set the clock back between.
      const added = { ...sheet, saved_at: Math.max(sheet.saved_at, ...earlier.map((one) => one.saved_at + 1)) };
      const read = ['draft', 'refused'].map((kind) => [kind, nameOfSheet(sheet)]);
      const dropped = [...read, ...replaced.map((one) => ['sheet', one.key])];
      await this.store.change([['sheet', sheet.key, added]], dropped);
      this.sheets = [...this.sheets.filter((one) => !replaced.includes(one)), added];
    });
  }

  /** The sheets to send next, marked as tried: the oldest of each household. Those that were not accepted go again, under
   * a new key, only where a person asks for them, as `again` tells; those of the keys `stuck` not now. One that the server
   * keeps for a decision still says why: nothing else would show it here until there is another answer. */
  take(most, again = NONE, stuck = new Set()) {
    return this.#inTurn(async () => {
      await this.#read();
      const next = nextToSend(this.sheets, again, stuck).slice(0, most);
      const key = (one) => (isAtRest(one) ? crypto.randomUUID() : one.key);
      const tried = next.map((one) => ({ ...one, tried: true, held: one.parked ? one.held : null, key: key(one) }));
      const renamed = next.filter(isAtRest).map((one) => ['sheet', one.key]);
      await this.store.change(tried.map((one) => ['sheet', one.key, one]), renamed);
      this.sheets = this.sheets.map((one) => tried[next.indexOf(one)] ?? one);
      return tried;
    });
  }

  /** Takes the server's word on a sheet that was sent, and drops what is needed no longer. Why a photo of it was refused stays
   * with the house, unless a later sheet waits whose photos speak for themselves. */
  settle(sheet, receipt, refused) {
    return this.#inTurn(async () => {
      await this.#read();
      const { sheets, kept, gone } = settled(this.sheets, sheet, receipt);
      const revision = gone && receipt.outcome !== 'conflict' ? receipt.revision : null;
      if (revision) this.taken.set(nameOfSheet(sheet), revision);
      const dropped = gone ? [['sheet', sheet.key], ...(await this.#photosOfNobody(sheet, sheets))] : [];
      const draft = revision ? await this.store.get('draft', nameOfSheet(sheet)) : null;
      const known = draft ? [['draft', nameOfSheet(sheet), { ...draft, base_revision: revision }]] : [];
      const isLast = sheets.every((one) => one.key === sheet.key || nameOfSheet(one) !== nameOfSheet(sheet));
      const told = refused && isLast ? [['refused', nameOfSheet(sheet), refused]] : [];
      await this.store.change([...kept.map((one) => ['sheet', one.key, one]), ...known, ...told], dropped);
      this.sheets = sheets;
    });
  }

  /** Lets go of a sheet that the server keeps for a decision. */
  drop(sheet) {
    return this.#inTurn(async () => {
      await this.#read();
      const left = this.sheets.filter((one) => one.key !== sheet.key);
      await this.store.change([], [['sheet', sheet.key], ...(await this.#photosOfNobody(sheet, left))]);
      this.sheets = left;
    });
  }

  /** Drops drafts, and what was said of photos, of months that are over, and every photo that neither a sheet nor a draft
   * shows: those of such drafts, and what a crash left behind. Tells how many drafts went. */
  sweep(isOver) {
    return this.#inTurn(async () => {
      const [photos, uploaded, refused] = await Promise.all(['photo', 'uploaded', 'refused'].map((kind) => this.store.ids(kind)));
      // Another window may make a sheet of a draft, or a draft from a sheet, between one reading and the next.
      await this.#read();
      const before = this.sheets;
      const drafts = await this.store.all('draft');
      await this.#read();
      const isOld = (id) => isOver(id.split('/')[0]);
      const [old, current] = [drafts.filter(([id]) => isOld(id)), drafts.filter(([id]) => !isOld(id))];
      const shown = new Set([
        ...current.flatMap(([id, draft]) => draft.photos.map((photo) => `${id}/${photo.hash}`)),
        ...[...before, ...this.sheets].flatMap((sheet) => sheet.photos.map((hash) => `${nameOfSheet(sheet)}/${hash}`)),
      ]);
      const ofNobody = (kind, ids) => ids.filter((id) => !shown.has(id)).map((id) => [kind, id]);
      const gone = [...old.map(([id]) => ['draft', id]), ...refused.filter(isOld).map((id) => ['refused', id])];
      await this.store.change([], [...gone, ...ofNobody('photo', photos), ...ofNobody('uploaded', uploaded)]);
      return old.length;
    });
  }

  /** The sheets that are nowhere but here: what the server keeps for a decision waits for the village, not for a signal. */
  get unsent() {
    return this.sheets.filter((sheet) => !sheet.parked);
  }

  /** The newest sheet of each household of a month. */
  waiting(month) {
    const newest = new Map();
    for (const sheet of this.sheets.filter((one) => one.month === month)) {
      const other = newest.get(sheet.household_code);
      if (!other || other.saved_at <= sheet.saved_at) newest.set(sheet.household_code, sheet);
    }
    return newest;
  }

  /** The photos of a sheet that neither another sheet nor a draft of the household shows. */
  async #photosOfNobody(sheet, sheets) {
    const draft = await this.store.get('draft', nameOfSheet(sheet));
    const needed = new Set([
      ...(draft?.photos ?? []).map((photo) => photo.hash),
      ...sheets.filter((one) => nameOfSheet(one) === nameOfSheet(sheet)).flatMap((one) => one.photos),
    ]);
    const names = sheet.photos.filter((hash) => !needed.has(hash)).map((hash) => `${nameOfSheet(sheet)}/${hash}`);
    return names.flatMap((name) => [['photo', name], ['uploaded', name]]);
  }

  /** Every change begins with what the store keeps: another window saves and sends too. */
  async #read() {
    this.sheets = (await this.store.all('sheet')).map(([, sheet]) => sheet);
  }

  #inTurn(work) {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => {});
    return turn;
  }
}

/** The oldest sheet of each household, oldest first; the later ones wait for it, also where it is stuck. */
export function nextToSend(sheets, again = NONE, stuck = new Set()) {
  const seen = new Set();
  const next = [];
  for (const sheet of [...sheets].sort((left, right) => left.saved_at - right.saved_at)) {
    if (!seen.has(nameOfSheet(sheet)) && (!isAtRest(sheet) || again(sheet)) && !stuck.has(sheet.key)) next.push(sheet);
    seen.add(nameOfSheet(sheet));
  }
  return next;
}

/** The sheets after the server's word on one of them: which changed, and whether that one is gone. */
export function settled(sheets, sheet, receipt) {
  const taken = ['entered', 'same', 'conflict'].includes(receipt.outcome);
  const later = sheets.filter((one) => one.key !== sheet.key && nameOfSheet(one) === nameOfSheet(sheet));
  if (!taken && later.length === 0) {
    // A receipt with a key is the server's: it keeps the sheet for a decision.
    const parked = Boolean(sheet.parked || receipt.key);
    const held = { ...sheet, parked, tried: false, held: receipt.message || '没有被接受，请核对后再传' };
    // Somebody may have taken it off this phone while it was on its way.
    const left = sheets.map((one) => (one.key === sheet.key ? held : one));
    return { sheets: left, kept: left.filter((one) => one === held), gone: false };
  }
  // What was saved here later was made knowing this one.
  const moved = taken && receipt.revision ? new Map(later.map((one) => [one.key, receipt.revision])) : new Map();
  const rebased = (one) => (moved.has(one.key) ? { ...one, base_revision: moved.get(one.key) } : one);
  const left = sheets.filter((one) => one.key !== sheet.key).map(rebased);
  return { sheets: left, kept: left.filter((one) => moved.has(one.key)), gone: true };
}
