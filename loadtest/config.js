// What all four tests share: where the program is, who its people are, how long
// they think, and what it has to hold. Everything comes from the environment, which
// the program in this folder sets; see docs/performance.md.
import { SharedArray } from 'k6/data';

export const base = __ENV.BASE_URL || 'http://127.0.0.1:8080';

// The people of both organisations, in turns, so that any number of them is half of
// one and half of the other. Read once for all virtual users.
export const people = new SharedArray('people', () => {
  const [first, second] = JSON.parse(open(__ENV.PEOPLE)).organisations;
  const list = [];
  for (let i = 0; i < Math.min(first.people.length, second.people.length); i++) {
    list.push({ ...first.people[i], org: 0 }, { ...second.people[i], org: 1 });
  }
  return list;
});

// What may stand in an organisation's pages, and what may not: its own name and the
// word that is in all its records, and those of the other one.
export const organisations = new SharedArray('organisations', () => {
  const both = JSON.parse(open(__ENV.PEOPLE)).organisations;
  return both.map((o, i) => {
    const other = both[1 - i];
    return { slug: o.slug, name: o.name, id: o.id, word: o.word, address: o.address, foreign: [other.name, other.word, other.id, `@${other.slug}.`] };
  });
});

// Seconds between a page and the next thing a person does with it.
const least = Number(__ENV.THINK_MIN || 5);
const most = Number(__ENV.THINK_MAX || 15);

// thinkTime is evenly spread, and divided by hurry.
export function thinkTime(hurry) {
  return (least + Math.random() * (most - least)) / (hurry || 1);
}

export const logo = open('logo.svg');

// A photo of some 200 kB, which the program in this folder makes.
export const photo = open(__ENV.PHOTO, 'b');

// options are what k6 is told. held says which limits fail the run: errors below
// 0.1 %, 95 % below 500 ms and 99 % below 1.5 s; somebody else's data never, which
// ends the test at once. Signing in is a password's deliberate hash, a limit of its own.
export function options(scenarios, held = true) {
  const thresholds = { wrong_tenant: [{ threshold: 'count==0', abortOnFail: true }], checks: ['rate==1'], signed_in: ['count>0'] };
  if (held) {
    thresholds['http_req_failed'] = ['rate<0.001'];
    thresholds['http_req_duration{kind:work}'] = ['p(95)<500', 'p(99)<1500'];
  }
  return {
    scenarios, thresholds,
    noCookiesReset: true, // a person stays signed in
    userAgent: 'Mozilla/5.0 (load test)',
    summaryTrendStats: ['count', 'avg', 'min', 'med', 'p(95)', 'p(99)', 'max'],
    systemTags: ['status', 'method', 'name', 'error_code', 'expected_response', 'scenario', 'check'],
    setupTimeout: '30s',
  };
}

// keep is k6's own summary, for the program that makes the report of it.
export function keep(data) {
  return { [__ENV.SUMMARY || 'summary.json']: JSON.stringify(data), stdout: '' };
}
