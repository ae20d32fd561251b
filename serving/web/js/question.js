// The question: everything a person has said, as one call for recommendations.

const LIST_LENGTH = 20;

/**
 * Without picks no history is sent: then the service takes what it keeps of the listener. Likes are never sent here: the
 * service has them and folds them in.
 * @param {import("./desk.js").Desk} desk
 * @returns {object} what the call takes; what is at rest is left out
 */
export function question({ mix, feedback, source, dials, filters }) {
  const exclude = feedback.unwanted();
  const artists = feedback.unwantedArtists();
  const turned = dials.request();
  const picks = source.isListening || !mix.seeds.length ? null : mix.seeds;
  return {
    ...(picks ? { history: Object.fromEntries(picks.map((seed) => [seed.track.track_id, seed.weight])) } : {}),
    k: LIST_LENGTH,
    ...(exclude.length ? { exclude } : {}),
    ...(artists.length ? { exclude_artists: artists } : {}),
    ...(turned ? { dials: turned } : {}),
    ...filters.request(),
  };
}
