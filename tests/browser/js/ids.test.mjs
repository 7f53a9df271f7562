/** Names of what is made in the browser: UUIDs, also where the browser does not make them itself. */
import assert from "node:assert/strict";
import test from "node:test";
import { newId } from "../../../static/api/ids.js";

const VERSION_4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("over plain http ids are UUIDs as well, each another one", () => {
  const plain = { getRandomValues: (bytes) => crypto.getRandomValues(bytes) };
  const made = new Set(Array.from({ length: 200 }, () => newId(plain)));
  assert.equal(made.size, 200);
  for (const id of made) assert.match(id, VERSION_4);
  assert.match(newId(), VERSION_4);
});
