/** Names for the steps of a sequence: the numbers of the tokens that the model was given. */

import {getArray} from "./net.js";

const LONGEST = 4096;

/**
 * @param {import("./state.js").State} state @param {number} steps how many names are wanted @param {AbortSignal} signal
 * @returns {Promise<string[]|null>} a name for each step, or null: no input of the model is that many tokens
 */
export async function tokensOf(state, steps, signal) {
  if (steps > LONGEST) return null;
  for (const {name, kind, shape} of state.model?.inputs ?? []) {
    const fits = shape?.[0] === null || shape?.[0] === undefined || shape[0] === steps;
    if (kind !== "tokens" || !fits) continue;
    const {data} = await getArray("/api/inputs/array", {id: state.input, input: name}, {signal});
    if (data.length === steps) return Array.from(data, (token) => String(token));
  }
  return null;
}
