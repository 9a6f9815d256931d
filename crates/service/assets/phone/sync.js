// Sends what this phone keeps: photos first, by their content, then the sheets that name them. Nothing is dropped before
// the server has said that it has it; the keys make a second sending harmless.

import { isAtRest, NONE } from './queue.js';
import { nameOf, outgoing } from './sheets.js';

const SHEETS_AT_ONCE = 20;
/** How long to wait after failures in a row, in seconds, and the longest that the server may ask for. */
const PAUSES = [5, 15, 60, 300];
const LONGEST_PAUSE = 900;
/** The longest that an answer may take, in milliseconds: where the signal is bad, a photo takes minutes. */
const LONGEST = 180_000;
const MOST_FAULTS = 3;

/** The log-in is over, or is now somebody else's. */
class LoginOver extends Error {}
/** The log-in is the same person's, in another role. */
class OtherRole extends Error {}
/** There is no way to the server now, or it asks to come again, after a pause in seconds where it says so. */
class Later extends Error {
  constructor(message, pause = null) {
    super(message);
    this.pause = pause;
  }
}

/** The pause that an answer asks for, within reason; none where it says nothing. */
function pauseOf(response) {
  const said = [429, 503].includes(response.status) ? response.headers.get('retry-after') : null;
  const seconds = /^[0-9]+$/.test(said ?? '') ? Number(said) : (Date.parse(said ?? '') - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 1), LONGEST_PAUSE) : null;
}

async function ask(address, options) {
  let response;
  try {
    // A connection on which nothing comes any more would hold up everything that waits.
    const signal = AbortSignal.timeout?.(LONGEST);
    response = await fetch(address, { redirect: 'manual', cache: 'no-store', credentials: 'same-origin', signal, ...options });
  } catch {
    throw new Later('offline');
  }
  if (response.type === 'opaqueredirect' || response.status === 401) throw new LoginOver();
  if (response.status === 408 || response.status === 429 || response.status >= 500) throw new Later(`${response.status}`, pauseOf(response));
  return response;
}

/** Sends something. That this page may not, says nothing of what is sent: somebody logged in anew in another window, and
 * the next time begins with finding out who. A refusal in other words than the server's is of somebody who stands between,
 * and what is sent goes again as if the server had broken at it; only what is too large is so to everybody on the way. */
async function send(address, options) {
  const response = await ask(address, options);
  const isOurs = response.headers.get('content-type')?.startsWith('application/problem+json');
  if (response.status === 403 && isOurs) throw new Later('403');
  if (!response.ok && !isOurs && response.status !== 413) throw new Later('500');
  return response;
}

/** Whether the server broke at what was sent, and may well take the rest. */
const isFault = (error) => error instanceof Later && error.message === '500';

/** What a page of the server says of whoever is logged in; without it the page is of somebody who stands between. */
async function saidBy(response, css) {
  const found = new DOMParser().parseFromString(await response.text(), 'text/html').querySelector(css);
  if (!found) throw new Later('offline');
  return found.dataset;
}

/** Who is logged in, as the server says now: `{account, place, token}`; in a role that does not score, the account only. */
export async function loggedIn(options = {}) {
  const response = await ask('/phone', options).catch((error) => {
    if (error instanceof LoginOver) return null;
    throw error;
  });
  if (response?.ok) return saidBy(response, 'body[data-token]');
  // Such a role is led elsewhere; the page of the own account is there for all of them.
  const own = await ask('/account', options);
  if (!own.ok) throw new LoginOver();
  const { account } = await saidBy(own, 'header[data-account]');
  return { account };
}

/** The words of a refusal, from a problem or a page. */
async function wordsOf(response) {
  const problem = await response.json().catch(() => ({}));
  return problem.errors?.map((one) => one.message).join('；') || problem.detail || problem.title || `服务器没有接受（${response.status}）`;
}

/** Sends the queue whenever there is a way; tells its state as `{state, words}`. */
export class Sync {
  #current = null;
  /** What was asked for while something was sent, if anything. */
  #asked = null;
  #sending = false;
  #failures = 0;
  #timer = 0;
  #state = 'pending';
  /** The keys of the sheets at which the server broke this time, and how often in a row. */
  #stuck = new Set();
  #faults = 0;
  /** Why the server refused a photo this time, by the keys of the sheets that name it. */
  #refused = new Map();

  /** `identity` is `{account, place, as, token}`, `as` being place and role in words; `onState` and `onReceipt` hear of
   * what happens; `onRetry` is called when it is time to try again. */
  constructor({ store, queue, identity, onState, onReceipt, onRetry }) {
    Object.assign(this, { store, queue, identity, onState, onReceipt, onRetry });
  }

  /** Sends now; of what was not accepted before the sheets of which `again` says so. Resolves when there is nothing more to do. */
  run(again = NONE) {
    const asked = this.#asked ?? NONE;
    if (this.#current) this.#asked = (sheet) => asked(sheet) || again(sheet);
    else this.#current = this.#loop(again).finally(() => (this.#current = null));
    return this.#current;
  }

  async #loop(again) {
    clearTimeout(this.#timer);
    let asked = again;
    do {
      this.#asked = null;
      await this.#once(asked);
      asked = this.#asked;
    } while (asked !== null && this.#state === 'pending');
  }

  async #once(again) {
    this.#sending = true;
    try {
      if (await alone(() => this.#sendAll(again))) this.#reached();
    } catch (error) {
      this.#failed(error);
    }
    this.#sending = false;
    this.tell();
  }

  #reached() {
    this.#failures = 0;
    this.#state = 'pending';
  }

  /** Tells the state anew. */
  tell() {
    const waiting = this.queue.unsent.length;
    const held = this.queue.unsent.filter((sheet) => sheet.held).length;
    const kept = this.queue.sheets.length - waiting;
    const { as } = this.identity;
    if (this.#state === 'login') this.onState('login', '登录已过期，本机的积分卡都在，登录后自动上传');
    else if (this.#state === 'role') this.onState('role', `您换了角色。本页的积分卡属于“${as}”：请到“我的账号”换回，再打开本页`);
    else if (this.#state === 'offline' || !navigator.onLine) this.onState('offline', '离线 · 已存本机');
    else if (waiting === 0) this.onState('synced', kept ? `已全部上传，其中 ${kept} 份没有入账，请打开核对` : '已全部上传');
    else if (this.#sending) this.onState('pending', `正在上传 ${waiting} 份…`);
    else if (held === waiting) this.onState('pending', `${held} 份没有被接受，请打开核对`);
    else this.onState('pending', `待上传 ${waiting} 份，稍后自动再传`);
  }

  /** The data of a month from the server; refuses those of another log-in. */
  async month(name) {
    try {
      const response = await ask(`/phone/month/${name}`, { headers: { accept: 'application/json' } });
      if (!response.ok) return { problem: await wordsOf(response) };
      const data = await response.json();
      this.#check(data);
      this.#reached();
      this.tell();
      return { data };
    } catch (error) {
      this.#failed(error);
      this.tell();
      return {};
    }
  }

  /** Refuses another log-in, and another role. */
  #check({ account, place }) {
    if (String(account) !== this.identity.account) throw new LoginOver();
    if (String(place) !== this.identity.place) throw new OtherRole();
  }

  #failed(error) {
    if (error instanceof LoginOver || error instanceof OtherRole) {
      this.#state = error instanceof LoginOver ? 'login' : 'role';
      return;
    }
    this.#state = error instanceof Later && error.message === 'offline' ? 'offline' : 'pending';
    const pause = error.pause ?? PAUSES[Math.min(this.#failures, PAUSES.length - 1)];
    this.#failures += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.onRetry(), pause * 1000);
    if (!(error instanceof Later)) console.error(error);
  }

  /** Whether there was anything to ask of the server. */
  async #sendAll(again) {
    await this.queue.load();
    if (this.queue.sheets.every((sheet) => isAtRest(sheet) && !again(sheet))) return false;
    this.tell();
    await this.#identify();
    this.#stuck.clear();
    this.#refused.clear();
    this.#faults = 0;
    // What is held is sent again once, not round and round.
    const isAsked = this.queue.sheets.some((sheet) => isAtRest(sheet) && again(sheet));
    let sheets = await this.queue.take(isAsked ? Infinity : SHEETS_AT_ONCE, again);
    while (sheets.length > 0) {
      for (let at = 0; at < sheets.length; at += SHEETS_AT_ONCE) {
        await this.#sendSheets(sheets.slice(at, at + SHEETS_AT_ONCE));
      }
      sheets = await this.queue.take(SHEETS_AT_ONCE, NONE, this.#stuck);
    }
    if (this.#stuck.size > 0) throw new Later('500');
    return true;
  }

  /** Whose log-in this is, and its token: another window may have logged in anew, or as somebody else. */
  async #identify() {
    const now = await loggedIn();
    this.#check(now);
    this.identity.token = now.token;
  }

  async #sendSheets(sheets) {
    const ready = [];
    for (const sheet of sheets) {
      try {
        await this.#sendPhotos(sheet);
        ready.push(sheet);
      } catch (error) {
        if (!isFault(error)) throw error;
        this.#stuck.add(sheet.key);
      }
    }
    if (ready.length === 0) return;
    const body = JSON.stringify({ form_token: this.identity.token, sheets: ready.map(outgoing) });
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    const response = await send('/phone/sheets', { method: 'POST', headers, body }).catch((error) => {
      if (!isFault(error)) throw error;
      return null;
    });
    if (response) this.#faults = 0;
    if (response?.ok) await this.#receive(ready, (await response.json()).receipts);
    else if (ready.length > 1) for (const sheet of ready) await this.#sendSheets([sheet]);
    else if (!response) this.#broke(ready[0]);
    else await this.#settle(ready[0], { outcome: 'unclear', message: await wordsOf(response) });
  }

  /** Goes on without a sheet at which the server broke; where it breaks at one after another, it takes none now. */
  #broke(sheet) {
    this.#stuck.add(sheet.key);
    this.#faults += 1;
    if (this.#faults === MOST_FAULTS) throw new Later('500');
  }

  async #receive(sheets, receipts) {
    const byKey = new Map(receipts.map((receipt) => [receipt.key, receipt]));
    for (const sheet of sheets) {
      const missing = { outcome: 'unclear', message: '服务器没有回答这一份，请再传' };
      await this.#settle(sheet, byKey.get(sheet.key) ?? missing);
    }
  }

  async #settle(sheet, receipt) {
    // Only a receipt with a key is the server's word on the sheet; without it the photo goes once more with its sheet.
    const refused = receipt.key ? this.#refused.get(sheet.key) : undefined;
    await this.queue.settle(sheet, receipt, refused);
    await this.onReceipt(sheet, receipt, refused);
  }

  /** Sends the photos of a sheet that the server does not have. One that is refused for good stays behind: the card is due in
   * time, the server shows what evidence it lacks, and the photo is taken again. */
  async #sendPhotos(sheet) {
    const name = nameOf(sheet.month, sheet.household_code);
    for (const hash of sheet.photos) {
      const id = `${name}/${hash}`;
      if (await this.store.get('uploaded', id)) continue;
      const bytes = await this.store.get('photo', id);
      // A photo that cannot be read any more never keeps its sheet back: the server shows that it is missing.
      if (!bytes) continue;
      const response = await send(`/phone/photos/${sheet.household_code}/${sheet.month}/${hash}`, {
        method: 'PUT',
        headers: { 'content-type': 'image/jpeg', 'x-form-token': this.identity.token },
        body: bytes,
      });
      // Any other success is not the server's word: the photo may be nowhere but here.
      if (response.ok && response.status !== 204) throw new Later('offline');
      if (response.ok) await this.store.put('uploaded', id, true);
      else this.#refused.set(sheet.key, response.status === 413 ? '照片太大' : await wordsOf(response));
    }
  }
}

/** One window at a time sends, where the browser can tell. */
function alone(work) {
  return navigator.locks ? navigator.locks.request('jifen-phone-sync', work) : work();
}
