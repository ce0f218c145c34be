// storage.js - the browser's two stores, with plain memory in their place where they are switched off.
function shelf(open) {
  const memory = new Map();
  const attempt = (work, otherwise) => {
    try {
      return work(open());
    } catch {
      return otherwise();
    }
  };
  return {
    get: (key) => attempt((s) => s.getItem(key), () => memory.get(key) ?? null),
    set: (key, value) => attempt((s) => s.setItem(key, value), () => memory.set(key, value)),
    drop: (key) => attempt((s) => s.removeItem(key), () => memory.delete(key)),
  };
}

export const kept = shelf(() => localStorage); // the language
export const tab = shelf(() => sessionStorage); // sign-in and the draw that waits for its answer
