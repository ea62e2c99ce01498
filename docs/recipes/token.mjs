// An access token from kclogin for a Node program: asked for when there is none, or when it is about to expire.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
let token, askedAgainAt = 0;

// A token that is valid for half a minute at least. Rejects where kclogin has none; its words are in the error's `stderr`.
export async function accessToken() {
  if (token === undefined || performance.now() >= askedAgainAt) {
    const { stdout } = await run("kclogin", ["token", "--format", "json"]);
    const answer = JSON.parse(stdout);
    token = answer.token;
    // kclogin keeps it fresh for all: asking again early costs a few milliseconds, asking late a refusal.
    askedAgainAt = performance.now() + Math.max((answer.seconds_left ?? 60) - 30, 0) * 1000;
  }
  return token;
}

export async function get(url) {
  const response = await fetch(url, { headers: { Authorization: `Bearer ${await accessToken()}` } });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response.json();
}

for (const url of process.argv.slice(2)) {
  console.log((await get(url)).preferred_username);
}
