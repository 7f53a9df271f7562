/** The member's conversations with the ranger, the newest first. */
import { signal } from "@preact/signals";
import { call, member } from "../api/session.js";

/** The list, null until it was read; and why it could not be. */
export const conversations = signal(null);
export const listProblem = signal(null);
/** Whether there are older ones. */
export const hasOlder = signal(false);

const PATH = "/api/chat/conversations";
let next = null;

/** Read the newest part of the list. */
export function readConversations() {
  return read(`${PATH}?limit=50`, () => []);
}

/** Read on, with older ones. */
export function readOlder() {
  return read(`${PATH}?limit=50&cursor=${encodeURIComponent(next)}`, () => conversations.value ?? []);
}

async function read(path, before) {
  listProblem.value = null;
  try {
    const { data } = await call("GET", path);
    const known = before();
    const more = data.items.filter(({ id }) => !known.some((one) => one.id === id));
    conversations.value = [...known, ...more.map((one) => open.get(one.id) ?? one)];
    next = data.next;
    hasOlder.value = next !== null;
  } catch (error) {
    listProblem.value = error.message;
  }
}

// What the conversation that is open says of itself is newer than a list that was asked for before.
const open = new Map();
let owner;

/** Another member has other conversations. */
member.subscribe((who) => {
  if (who?.username !== owner) conversations.value = null;
  owner = who?.username;
});

/** Begin a conversation; with a channel's slug it is about that channel. @throws {ApiError} */
export async function beginConversation(channel) {
  const { data } = await call("POST", PATH, { body: channel ? { channel } : {} });
  conversations.value = [data, ...(conversations.value ?? [])];
  return data;
}

/** @throws {ApiError} */
export async function renameConversation(id, title) {
  put((await call("PUT", `${PATH}/${id}`, { body: { title } })).data);
}

/** Delete it for good. @throws {ApiError} */
export async function deleteConversation(id) {
  await call("DELETE", `${PATH}/${id}`);
  drop(id);
}

/** What an open conversation was told of itself. */
export function noteConversation(id, { conversation, gone }) {
  if (gone) drop(id);
  else if (conversation) put(open.set(id, conversation).get(id));
}

/** A conversation is no longer open: the list knows best again. */
export function conversationClosed(id) {
  open.delete(id);
}

function put(conversation) {
  if (!conversations.value) return;
  const others = conversations.value.filter((one) => one.id !== conversation.id);
  conversations.value = [conversation, ...others].sort((a, b) => b.updated_at.localeCompare(a.updated_at));
}

function drop(id) {
  conversations.value = conversations.value?.filter((one) => one.id !== id) ?? null;
}

/** @returns {string} a title for people */
export function titleOf(conversation) {
  return conversation.title || "New conversation";
}
