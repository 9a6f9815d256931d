// Sheets: from what a person has in hand to what goes to the server.

import { parseFindings, writeFindings } from './score.js';

/** The name of a household's draft or photo of a month. */
export const nameOf = (month, household) => `${month}/${household}`;

/** `[{act, times}]` of a stored text; nothing where it cannot be read. */
function readable(text) {
  try {
    return parseFindings(text ?? '');
  } catch {
    return [];
  }
}

/** What a house page begins with: the draft, else the sheet that waits, else the card, else an empty sheet. */
export function draftOf(draft, sheet, card) {
  if (draft) return draft;
  const from = sheet ?? card;
  return {
    findings: from?.status === 'scored' ? readable(from.findings) : [],
    note: sheet?.note ?? '',
    late_reason: sheet?.late_reason ?? '',
    scored_on: sheet?.scored_on ?? '',
    photos: sheet?.held_photos ?? [],
    base_revision: sheet ? sheet.base_revision : card?.revision ?? 0,
  };
}

/** A sheet to send, from a draft; only a scored one carries findings. */
export function newSheet(data, panel, household, status, draft, today, now) {
  return {
    key: crypto.randomUUID(),
    month: data.month,
    household_code: household,
    panel,
    catalogue_id: data.catalogue?.id ?? null,
    base_revision: draft.base_revision,
    scored_on: draft.scored_on || today,
    status,
    findings: status === 'scored' ? writeFindings(draft.findings) : '',
    note: oneLine(draft.note),
    late_reason: oneLine(draft.late_reason),
    photos: draft.photos.map((photo) => photo.hash),
    held_photos: draft.photos,
    saved_at: now,
    tried: false,
    held: null,
    parked: false,
  };
}

/** What of a sheet goes to the server; photos with the item at which each was taken, where that is known. */
export function outgoing(sheet) {
  const { held_photos, saved_at, tried, held, parked, ...sent } = sheet;
  const named = (held_photos ?? []).filter((photo) => photo.item && sent.photos.includes(photo.hash));
  const photo_items = Object.fromEntries(named.map((photo) => [photo.hash, photo.item]));
  return { ...sent, photo_items, note: sent.note || null, late_reason: sent.late_reason || null };
}

/** A month's data after a receipt: the card as it stands with the server now, unless the data know a later one. */
export function withReceipt(data, sheet, receipt) {
  if (data?.month !== sheet.month) return data;
  if (receipt.outcome === 'conflict') {
    return { ...data, conflicts: [...new Set([...data.conflicts, sheet.household_code])] };
  }
  if (!['entered', 'same'].includes(receipt.outcome)) return data;
  const { panel, status, findings } = sheet;
  const card = { revision: receipt.revision, panel, status, findings, signed: false };
  const isOlder = (one) => one.code === sheet.household_code && (one.card?.revision ?? 0) < receipt.revision;
  const households = data.households.map((one) => (isOlder(one) ? { ...one, card } : one));
  return { ...data, households };
}

/** That a photo did not come with its sheet, and what to do. */
export const retakeWords = (refused) => `照片没有被接受：${refused}，请补拍`;

/** What people write stays on a card as one line. */
function oneLine(text) {
  return text.replace(/\s+/g, ' ').trim();
}
