/** The member's conversations with the ranger, the newest first. */
import { signal } from "@preact/signals";
import { call, member } from "../api/session.js";

/** The list, null until it was read; and why it could not be. */
export const conversations = signal(null);
export const listProblem = signal(null);

/** Read the list. */
export async function readConversations() {
  listProblem.value = null;
  try {
    const { items } = (await call("GET", "/api/chat/conversations?limit=100")).data;
    conversations.value = items.map((one) => open.get(one.id) ?? one);
  } catch (error) {
    listProblem.value = error.message;
  }
  return conversations.value;
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
  const { data } = await call("POST", "/api/chat/conversations", { body: channel ? { channel } : {} });
  conversations.value = [data, ...(conversations.value ?? [])];
  return data;
}

/** @throws {ApiError} */
export async function renameConversation(id, title) {
  put((await call("PUT", `/api/chat/conversations/${id}`, { body: { title } })).data);
}

/** Delete it for good. @throws {ApiError} */
export async function deleteConversation(id) {
  await call("DELETE", `/api/chat/conversations/${id}`);
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
  const known = conversations.value.some((one) => one.id === conversation.id);
  conversations.value = known
    ? conversations.value.map((one) => (one.id === conversation.id ? conversation : one))
    : [conversation, ...conversations.value];
}

function drop(id) {
  conversations.value = conversations.value?.filter((one) => one.id !== id) ?? null;
}

/** @returns {string} a title for people */
export function titleOf(conversation) {
  return conversation.title || "New conversation";
}
