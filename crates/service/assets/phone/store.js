// What this phone keeps, in IndexedDB: each log-in and place by itself, sealed under a key of its own that no script
// can read out. Whoever logs in as somebody else finds nothing of it. Names and scores are kept for as long as their
// owner is the last who was here; what was saved and not sent stays.

const DATABASE = 'jifen-phone';
const BYTES = 0;
const JSON_TEXT = 1;

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

const ended = (transaction) =>
  new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = (event) => reject(event.target.error);
    transaction.onabort = () => reject(transaction.error ?? new DOMException('aborted', 'AbortError'));
  });

/** What is thrown where the browser has closed the database under an open page: the phone was put away, or its owner, or
 * the browser, made room. */
const CLOSED = ['InvalidStateError', 'AbortError', 'UnknownError'];

/** Why something was not kept, and what to do. */
export const whyNotKept = (error) =>
  error?.name === 'QuotaExceededError' ? '本机空间不足，请先上传，或清理手机' : '浏览器关闭了本机的存储，请重新打开本页';

async function connect() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('keys');
    request.result.createObjectStore('sealed');
  };
  const database = await done(request);
  database.onversionchange = () => database.close();
  return database;
}

/** The key of an owner, made the first time; two windows that make one at once end with the same. */
async function keyOf(database, owner) {
  const found = await done(database.transaction('keys').objectStore('keys').get(owner));
  if (found) return found;
  const made = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  const transaction = database.transaction('keys', 'readwrite');
  const keys = transaction.objectStore('keys');
  const first = await done(keys.get(owner));
  if (!first) keys.put(made, owner);
  await ended(transaction);
  return first ?? made;
}

/** The store of one account at one place. */
class Store {
  #opening = null;
  /** What to keep anew where the browser has thrown everything away: `[kind, id, value]`s. */
  rescue = () => [];

  constructor(database, key, owner) {
    Object.assign(this, { database, key, owner });
  }

  /** The value of a kind and id; none where there is none, or it cannot be opened. */
  async get(kind, id) {
    const row = await this.#twice(() => done(this.#sealed().get([this.owner, kind, id])));
    return row ? this.#open(kind, id, row) : undefined;
  }

  /** Every `[id, value]` of a kind, in the order of the ids. */
  async all(kind) {
    const range = IDBKeyRange.bound([this.owner, kind], [this.owner, kind, []]);
    const read = (sealed) => Promise.all([done(sealed.getAllKeys(range)), done(sealed.getAll(range))]);
    const [keys, rows] = await this.#twice(() => read(this.#sealed()));
    const values = await Promise.all(rows.map((row, at) => this.#open(kind, keys[at][2], row)));
    return keys.map((key, at) => [key[2], values[at]]).filter(([, value]) => value !== undefined);
  }

  /** The ids of a kind, without opening anything. */
  async ids(kind) {
    const range = IDBKeyRange.bound([this.owner, kind], [this.owner, kind, []]);
    return (await this.#twice(() => done(this.#sealed().getAllKeys(range)))).map((key) => key[2]);
  }

  /** Keeps one value. */
  put(kind, id, value) {
    return this.change([[kind, id, value]], []);
  }

  /** Keeps `[kind, id, value]`s and drops `[kind, id]`s, all or nothing; a value is JSON or an `ArrayBuffer`. */
  change(kept, dropped) {
    return this.#twice(() => this.#write(kept, dropped));
  }

  async #write(kept, dropped) {
    let key;
    let rows;
    // Where everything was thrown away meanwhile, nobody could open what is sealed under the key from before.
    do {
      key = this.key;
      rows = await Promise.all(kept.map(([kind, id, value]) => this.#seal(kind, id, value)));
    } while (key !== this.key);
    const transaction = this.database.transaction('sealed', 'readwrite');
    const sealed = transaction.objectStore('sealed');
    for (const [kind, id] of dropped) sealed.delete([this.owner, kind, id]);
    kept.forEach(([kind, id], at) => sealed.put(rows[at], [this.owner, kind, id]));
    await ended(transaction);
  }

  /** Does something, and once more where the browser had closed the database. */
  async #twice(work) {
    try {
      return await work();
    } catch (error) {
      if (!CLOSED.includes(error?.name)) throw error;
      this.#opening ??= this.#openAnew().finally(() => (this.#opening = null));
      await this.#opening;
      return work();
    }
  }

  /** Opens the database anew, and takes it into use together with its key. Where everything is gone, what the page still
   * knows is kept under a new key before anybody reads that there is nothing. */
  async #openAnew() {
    this.database.close();
    const database = await connect();
    const found = await done(database.transaction('keys').objectStore('keys').get(this.owner));
    const key = found ?? (await keyOf(database, this.owner));
    Object.assign(this, { database, key });
    if (!found) await this.#write(this.rescue(), []);
  }

  /** What the same account keeps here at other places, and the server does not have: `[{ as, count }]`, `as` being place and
   * role in words. */
  async elsewhere() {
    const [account] = this.owner.split('@');
    const range = IDBKeyRange.bound([`${account}@`], [`${account}@\uffff`]);
    const keys = await this.#twice(() => done(this.#sealed().getAllKeys(range)));
    const owners = new Set(keys.filter(([, kind]) => kind === 'sheet').map(([owner]) => owner));
    owners.delete(this.owner);
    const counted = async (owner) => {
      const other = new Store(this.database, await keyOf(this.database, owner), owner);
      const sheets = (await other.all('sheet')).filter(([, sheet]) => !sheet.parked);
      return { as: (await other.get('setting', 'as')) ?? owner, count: sheets.length };
    };
    return (await Promise.all([...owners].map(counted))).filter(({ count }) => count > 0);
  }

  #sealed() {
    return this.database.transaction('sealed').objectStore('sealed');
  }

  /** Where a value stands is sealed with it, so that it can be moved nowhere else. */
  #options(kind, id, iv) {
    return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(JSON.stringify([this.owner, kind, id])) };
  }

  async #seal(kind, id, value) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const isBytes = value instanceof ArrayBuffer;
    const plain = isBytes ? value : new TextEncoder().encode(JSON.stringify(value));
    const data = await crypto.subtle.encrypt(this.#options(kind, id, iv), this.key, plain);
    return { form: isBytes ? BYTES : JSON_TEXT, iv, data };
  }

  async #open(kind, id, { form, iv, data }) {
    try {
      const plain = await crypto.subtle.decrypt(this.#options(kind, id, iv), this.key, data);
      return form === BYTES ? plain : JSON.parse(new TextDecoder().decode(plain));
    } catch {
      return undefined;
    }
  }
}

/** Drops the months, with their names and scores, of every owner but one. */
async function forgetMonths(database, kept) {
  const transaction = database.transaction('sealed', 'readwrite');
  const sealed = transaction.objectStore('sealed');
  for (const key of await done(sealed.getAllKeys())) {
    const [owner, kind] = key;
    if (kind === 'month' && owner !== kept) sealed.delete(key);
  }
  await ended(transaction);
}

async function forgetEveryMonth() {
  if (!globalThis.indexedDB) return;
  const database = await connect();
  await forgetMonths(database).finally(() => database.close());
}

async function forgetPage() {
  if (!globalThis.caches) return;
  const names = (await caches.keys()).filter((name) => name.startsWith('phone-'));
  await Promise.all(names.map((name) => caches.delete(name)));
}

/** Drops what shows somebody without the server: the page in the caches, which names who was logged in, and every month.
 * Nobody waits long for it to log out. */
export function forgetShown() {
  const enough = new Promise((resolve) => setTimeout(resolve, 3000));
  return Promise.race([Promise.all([forgetPage(), forgetEveryMonth()]), enough]);
}

/** Opens the store of an account and place, and drops the months of the others; throws where the browser cannot keep or seal anything. */
export async function openStore(account, place) {
  if (!globalThis.indexedDB || !globalThis.crypto?.subtle) throw new Error('no sealed store');
  const owner = `${account}@${place}`;
  const database = await connect();
  await forgetMonths(database, owner);
  return new Store(database, await keyOf(database, owner), owner);
}
