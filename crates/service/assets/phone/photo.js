// Photos: made small here, which also drops where and when they were taken, and known by their content.

import { button, h } from './dom.js';
import { nameOf } from './sheets.js';

const LONGEST_SIDE = 1600;
const MOST_BYTES = 900_000;
/** The server takes so many with a sheet. */
const MOST_PHOTOS = 40;

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** A picture as a JPEG of at most 1600 px: `{hash, bytes}`. */
export async function shrink(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(image.naturalWidth * scale));
    canvas.height = Math.max(1, Math.round(image.naturalHeight * scale));
    const context = canvas.getContext('2d');
    context.fillStyle = '#fff';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    for (const quality of [0.82, 0.65, 0.45]) {
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/jpeg', quality));
      if (!blob) throw new Error('no picture');
      if (blob.size > MOST_BYTES && quality > 0.45) continue;
      const bytes = await blob.arrayBuffer();
      return { hash: hex(await crypto.subtle.digest('SHA-256', bytes)), bytes };
    }
    throw new Error('no picture');
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

/** The photos of one item on a house's page: a button, and what was taken. `sheet` is the page's state. */
export function photosOf(sheet, item) {
  const thumbs = h('ul', { class: 'thumbs' });
  const problem = h('p', { class: 'problem', role: 'alert' });
  const id = (photo) => `${nameOf(sheet.month, sheet.household)}/${photo.hash}`;

  const draw = async () => {
    const mine = sheet.draft.photos.filter((photo) => photo.item === item.code);
    const lines = mine.map(async (photo, at) => {
      const bytes = await sheet.store.get('photo', id(photo));
      const address = bytes ? URL.createObjectURL(new Blob([bytes], { type: 'image/jpeg' })) : null;
      if (address) sheet.addresses.push(address);
      const words = `${item.item} 照片 ${at + 1}`;
      const picture = address ? h('img', { src: address, alt: words }) : h('span', {}, '照片已上传');
      return h('li', {}, picture, button({ class: 'quiet', 'aria-label': `删除${words}`, onclick: () => remove(photo) }, '删除'));
    });
    thumbs.replaceChildren(...(await Promise.all(lines)));
  };

  const remove = async (photo) => {
    sheet.draft.photos = sheet.draft.photos.filter((one) => one !== photo);
    const dropped = sheet.queued.has(photo.hash) ? [] : [['photo', id(photo)], ['uploaded', id(photo)]];
    await sheet.changed([], dropped);
    await draw();
  };

  const keep = async (files) => {
    problem.textContent = '';
    try {
      for (const file of files) {
        const { hash, bytes } = await shrink(file);
        const photo = { hash, item: item.code };
        if (sheet.draft.photos.some((one) => one.hash === hash)) continue;
        if (sheet.draft.photos.length >= MOST_PHOTOS) {
          problem.textContent = `一户至多 ${MOST_PHOTOS} 张照片：请先删去几张。`;
          return false;
        }
        sheet.draft.photos = [...sheet.draft.photos, photo];
        const why = await sheet.changed([['photo', id(photo), bytes]]);
        if (why) {
          sheet.draft.photos = sheet.draft.photos.filter((one) => one !== photo);
          problem.textContent = `这张照片没有存下来：${why}，再拍一次，或在备注里写明。`;
          return false;
        }
        await draw();
      }
      return true;
    } catch {
      problem.textContent = '这张照片没有存下来：可能不是图片。请再拍一次，或在备注里写明。';
      return false;
    }
  };

  /** One photo after another; saving waits for them, and `sheet.taking` tells whether the last was kept. */
  const take = () => {
    const files = [...input.files];
    input.value = '';
    const work = Promise.resolve(sheet.taking).then(() => keep(files));
    sheet.taking = work;
    work.then(() => {
      if (sheet.taking === work) sheet.taking = null;
    });
  };

  const input = h('input', {
    type: 'file', accept: 'image/*', capture: 'environment', hidden: true, 'data-photo-input': item.code, onchange: take,
  });
  const open = button({ class: 'photo', 'aria-label': `给“${item.item}”拍照`, onclick: () => input.click() }, '拍照');
  draw();
  return h('div', { class: 'photos' }, open, input, thumbs, problem);
}
