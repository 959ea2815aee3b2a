// Scores pages of a server on this machine by Mozilla Observatory's rules.
//
// Usage: node score.mjs PACKAGES REQUEST
//   PACKAGES  the folder with node_modules (scripts/observatory makes it)
//   REQUEST   JSON: {"port": 8443, "pages": [{"path": "/", "cookie": "a=b", "sets": ["a=b; Secure"]}]}
// Prints JSON: [{"path", "grade", "score", "tests": {name: {result, pass, modifier}}}].
//
// The package's own command scans a public host at its usual ports, signed out.
// Here its parts are put together again for a port, a path and a session: "cookie"
// goes with the requests, and "sets" are the Set-Cookie lines by which the server
// gave it, for the rules about cookies. The score is added up as in its
// scanner/index.js.
import { pathToFileURL } from "node:url";
import path from "node:path";

const [packages, request] = process.argv.slice(2);
const source = path.join(packages, "node_modules", "@mdn", "mdn-http-observatory", "src");
const part = (name) => import(pathToFileURL(path.join(source, name)).href);
const { retrieve } = await part("retriever/retriever.js");
const { ALL_TESTS } = await part("constants.js");
const { getGradeForScore, getScoreModifier } = await part("grader/grader.js");
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await part("grader/charts.js");

const host = "127.0.0.1";
const nobody = 1; // a port where nothing listens: there is no plain http

async function score({ port, page }) {
  const headers = ["Accept: text/html"];
  if (page.cookie) headers.push(`Cookie: ${page.cookie}`);
  const got = await retrieve(host, { httpsPort: port, httpPort: nobody, path: page.path, headers });
  if (got.responses.auto?.status !== 200) throw new Error(`${page.path} answers ${got.responses.auto?.status}`);
  for (const line of page.sets ?? []) got.session.jar.setCookieSync(line, `https://${host}:${port}/`);
  const tests = {};
  let all = 100;
  let without = 100;
  for (const test of ALL_TESTS) {
    const { constructor, result, pass } = test(got);
    const modifier = getScoreModifier(result);
    tests[constructor.name] = { result, pass, modifier };
    all += modifier;
    without += Math.min(modifier, 0);
  }
  const final = getGradeForScore(without >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? all : without);
  return { path: page.path, grade: final.grade, score: final.score, tests };
}

const { port, pages } = JSON.parse(request);
const scores = [];
for (const page of pages) scores.push(await score({ port, page }));
console.log(JSON.stringify(scores));
