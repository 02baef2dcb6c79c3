/** The name of this browser as a client, under which its interest in queries is kept. It is random, and the same after a reload. */

const key = "femtoq.client";

export function clientName() {
  const fresh = () =>
    `page-${Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  const stored = readSetting(key);
  if (stored && /^page-[0-9a-f]{18}$/.test(stored)) return stored;
  const name = fresh();
  writeSetting(key, name);
  return name;
}

/**
 * Gives null also where the browser refuses storage to this page.
 * @param {string} name
 */
export function readSetting(name) {
  try {
    return localStorage.getItem(name);
  } catch (error) {
    console.info("settings are not kept in this browser:", error);
    return null;
  }
}

/**
 * @param {string} name
 * @param {string} value
 */
export function writeSetting(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch (error) {
    console.info("settings are not kept in this browser:", error);
  }
}
