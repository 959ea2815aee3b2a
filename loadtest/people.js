// A person of a contractor: signs in once, then works, one thing after the other, as
// their role may, and thinks in between. Each answer is looked through for what
// belongs to the other organisation.
import http from 'k6/http';
import exec from 'k6/execution';
import { check, sleep } from 'k6';
import { randomBytes } from 'k6/crypto';
import { Counter, Trend } from 'k6/metrics';
import { base, logo, organisations, people, photo, thinkTime } from './config.js';

const wrongTenant = new Counter('wrong_tenant');
const signedIn = new Counter('signed_in');
const signInTook = new Trend('sign_in', true);
const journeys = new Counter('journeys');

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

// me is the person this virtual user is; k6 runs this file once for each.
let me = null;

// work is what a virtual user does over and over: one thing, and some thinking.
// hurry divides the time to think.
export function work(hurry) {
  if (me === null) {
    const person = people[(exec.vu.idInTest - 1) % people.length];
    me = { ...person, org: organisations[person.org], own: { contacts: [], leads: [] }, inside: false, hurry: 1 };
  }
  me.hurry = hurry || 1;
  if (!me.inside ? !signIn() : !me.may && !learn()) {
    think();
    return;
  }
  const job = choose();
  job.run();
  journeys.add(1, { journey: job.name });
  think();
}

function think() { sleep(thinkTime(me.hurry)); }

const route = (path) => path.split(/[?#]/)[0].replace(uuid, '{id}').replace(/\/static\/.*/, '/static/{file}');

// send asks for one thing as a browser behind the organisation's router does, and
// follows where the answer leads, each address under the name of its route.
function send(method, path, body, more) {
  const res = http.request(method, base + path, body === undefined ? null : body, {
    redirects: 0,
    headers: { 'X-Forwarded-For': me.org.address, 'Accept-Encoding': 'gzip', ...(more || {}).headers },
    tags: { name: `${method} ${route(path)}`, kind: path.startsWith('/sign-in') ? 'sign-in' : 'work', org: me.org.slug },
    responseCallback: expected,
  });
  look(res, path);
  if (res.status === 303 && res.headers['Location']) {
    const next = res.headers['Location'];
    if (me.inside && next.startsWith('/sign-in')) {
      me.inside = false; // thrown out: the check below tells
    }
    check(res, { 'stays signed in': () => !next.startsWith('/sign-in') });
    return send('GET', next);
  }
  check(res, { 'is answered': (r) => (r.status >= 200 && r.status < 300) || turnedAway(r) });
  return res;
}

// turnedAway tells whether an answer says that there is too much to do, and when to
// come back: beyond the breaking point that is how it should be.
function turnedAway(res) {
  return exec.scenario.name === 'stress' && res.status === 503 && Number(res.headers['Retry-After']) > 0;
}

const expected = http.expectedStatuses({ min: 200, max: 399 });

// look counts an answer that shows what is the other organisation's, and a page that
// does not say whose it is.
function look(res, path) {
  const text = typeof res.body === 'string' ? res.body : '';
  const seen = me.org.foreign.filter((word) => text.includes(word));
  const page = me.inside && res.status === 200 && (res.headers['Content-Type'] || '').startsWith('text/html');
  if (page && !text.includes(me.org.name)) {
    seen.push('no name of their own');
  }
  if (seen.length > 0) {
    wrongTenant.add(1);
    console.error(`${me.email} at ${route(path)}: ${seen.join(', ')}`);
  }
}

// parsed is the JSON of an answer, null of one that has none: a refusal in words.
function parsed(res) {
  return res.status === 200 ? res.json() : null;
}

function signIn() {
  const page = send('GET', '/sign-in');
  const files = [...new Set((page.body || '').match(/\/static\/[^"]+\.(css|js)[^"]*/g) || [])];
  http.batch(files.map((f) => ['GET', base + f, null, { tags: { name: 'GET /static/{file}', kind: 'static', org: me.org.slug } }]));
  const res = http.post(base + '/sign-in', { email: me.email, password: me.password }, {
    redirects: 0, headers: { 'X-Forwarded-For': me.org.address },
    tags: { name: 'POST /sign-in', kind: 'sign-in', org: me.org.slug }, responseCallback: expected,
  });
  me.inside = check(res, { 'is signed in': (r) => r.status === 303 });
  if (!me.inside) {
    return false;
  }
  signInTook.add(res.timings.duration);
  signedIn.add(1);
  send('GET', '/dashboard');
  return learn();
}

// learn asks who this person is and what they may do; turned away, they ask again
// after some thinking.
function learn() {
  const who = parsed(send('GET', '/api/me'));
  if (who === null) {
    return false;
  }
  me.may = who.permissions;
  check(who, { 'is who they are': (w) => w.email === me.email && w.organisation.org_id === me.org.id });
  return true;
}

// What there is to do, and how often of a hundred times. A person whose role may not
// do it looks at a list instead.
const jobs = [
  { name: 'list', weight: 27, run: list },
  { name: 'search', weight: 15, run: search },
  { name: 'dashboard', weight: 8, run: () => send('GET', '/dashboard') },
  { name: 'note', weight: 12, may: 'records.edit', run: note },
  { name: 'new contact', weight: 7, may: 'records.edit', run: newContact },
  { name: 'edit contact', weight: 6, may: 'records.edit', run: editContact },
  { name: 'new lead', weight: 6, may: 'records.edit', run: newLead },
  { name: 'advance lead', weight: 6, may: 'records.edit', run: advanceLead },
  { name: 'API', weight: 6, run: api },
  { name: 'export', weight: 2, may: 'lists.export', run: exported },
  { name: 'photo', weight: 4, may: 'records.edit', run: addPhoto },
  { name: 'logo', weight: 1, may: 'settings.edit', run: changeLogo },
];
const all = jobs.reduce((sum, j) => sum + j.weight, 0);

function choose() {
  let at = Math.random() * all;
  const job = jobs.find((j) => (at -= j.weight) < 0) || jobs[0];
  return job.may && !me.may.includes(job.may) ? jobs[0] : job;
}

const pick = (list) => list[Math.floor(Math.random() * list.length)];

const lists = {
  claims: ['', '?stage=filed', '?stage=approved&sort=-rcv', '?carrier=State+Farm', '?sort=number'],
  contacts: ['', '?sort=name', '?role=homeowner'],
  leads: ['', '?stage=new', '?stage=contacted', '?sort=-estimated_value'],
  properties: ['', '?sort=address'],
};

// ids are those of the records that a page of a list shows.
function ids(kind, body) {
  return [...new Set([...(body || '').matchAll(new RegExp(`/${kind}/([0-9a-f]{8}-[0-9a-f-]{27})`, 'g'))].map((m) => m[1]))];
}

function list() {
  const kind = pick(Object.keys(lists));
  const page = send('GET', `/${kind}${pick(lists[kind].filter((q) => me.may.includes('amounts.view') || !q.includes('rcv') && !q.includes('value')))}`);
  openOne(kind, page.body);
}

// openOne opens one of the records that a list shows.
function openOne(kind, body) {
  const found = ids(kind, body);
  if (found.length > 0) {
    think();
    send('GET', `/${kind}/${pick(found)}`);
  }
}

// search looks for what somebody on the telephone says: a name, a number, a street.
function search() {
  const n = 1 + Math.floor(Math.random() * 1000);
  const [kind, words] = pick([['contacts', `Last${n}`], ['contacts', `Smi`], ['claims', `N${n}`], ['claims', `${me.org.word} allstate`], ['properties', `${n} Elm`], ['leads', `hail ${n}`]]);
  const page = send('GET', `/${kind}?q=${encodeURIComponent(words)}`);
  openOne(kind, page.body);
}

const hidden = (body, name) => ((body || '').match(new RegExp(`name="${name}" value="([^"]*)"`)) || [])[1] || '';

const idOf = (kind, res) => ((res.url || '').match(new RegExp(`/${kind}/([0-9a-f-]{36})$`)) || [])[1];

function contact(last, more) {
  return {
    first_name: 'Load', last_name: `${last} ${me.org.word}`, role: 'homeowner', source: 'Door knocking', street: '12 Hail St', city: 'Mesa', state: 'AZ', zip: '85201',
    'phones.0.typed': '602-555-0142', 'emails.0': 'load@example.com', notes: 'Hail on the north slope.', tags: 'load', ...more,
  };
}

function newContact() {
  const form = send('GET', '/contacts/new');
  think();
  const made = send('POST', '/contacts', contact(`New${exec.vu.iterationInScenario}`, { key: hidden(form.body, 'key') }));
  const id = idOf('contacts', made);
  if (check(made, { 'the contact is there': () => id !== undefined })) {
    me.own.contacts.push(id);
  }
}

// editContact changes somebody whom this person wrote down: two people who change one
// record at once are told so, which is right and no error of the program.
function editContact() {
  if (me.own.contacts.length === 0) {
    newContact();
    return;
  }
  const id = pick(me.own.contacts);
  send('GET', `/contacts/${id}`);
  think();
  const form = send('GET', `/contacts/${id}/edit`);
  think();
  send('POST', `/contacts/${id}`, contact(`Changed${exec.vu.iterationInScenario}`, { version: hidden(form.body, 'version') }));
}

function newLead() {
  const form = send('GET', '/leads/new');
  think();
  const made = send('POST', '/leads', { title: `Hail ${exec.vu.iterationInScenario} ${me.org.word}`, kind: 'insurance', urgency: 'normal', source: 'Door knocking', temperature: 'warm', notes: 'Called after the storm.', key: hidden(form.body, 'key') });
  const id = idOf('leads', made);
  if (check(made, { 'the lead is there': () => id !== undefined })) {
    me.own.leads.push({ id, at: 0 });
  }
}

// stages are the way of a lead to its claim; the last one opens that.
const stages = ['contacted', 'qualified', 'inspected', 'proposal', 'won'];

function advanceLead() {
  const lead = me.own.leads[0];
  if (!lead) {
    newLead();
    return;
  }
  send('GET', `/leads/${lead.id}`);
  think();
  send('POST', `/leads/${lead.id}/stage`, { stage: stages[lead.at++] });
  if (lead.at === stages.length) {
    me.own.leads.shift();
  }
}

function note() {
  const kind = pick(['claims', 'contacts', 'leads']);
  const found = ids(kind, send('GET', `/${kind}`).body);
  if (found.length === 0) {
    return;
  }
  const id = pick(found);
  think();
  send('GET', `/${kind}/${id}`);
  think();
  send('POST', '/activity', { kind: 'note', body: `Spoke with the adjuster. ${me.org.word}`, [`${kind.slice(0, -1)}_id`]: id });
}

function api() {
  const kind = pick(['claims', 'contacts', 'leads']);
  const page = parsed(send('GET', `/api/${kind}?limit=25`));
  const items = (page && page.items) || [];
  if (items.length > 0) {
    think();
    const res = send('GET', `/api/${kind}/${pick(items).id}`);
    check(parsed(res), { 'the API gives the record': (r) => turnedAway(res) || (r !== null && typeof r.id === 'string') });
  }
}

function exported() {
  const res = send('GET', `/contacts.csv?q=${me.org.word}`);
  check(res, { 'the file is of their own': (r) => r.status !== 200 || r.body.trim().split('\n').length === 1 || r.body.includes(me.org.word) });
}

// addPhoto adds a photo that nobody has sent yet to one of their claims.
function addPhoto() {
  const found = ids('claims', send('GET', '/claims').body);
  if (found.length === 0) {
    return;
  }
  const id = pick(found);
  think();
  send('GET', `/claims/${id}`);
  think();
  const name = `roof-${exec.vu.idInTest}-${exec.vu.iterationInScenario}-${me.org.word}.jpg`;
  const page = send('POST', `/claims/${id}/files`, { files: http.file(another(photo), name, 'image/jpeg') });
  check(page, { 'the photo is there': (r) => (r.body || '').includes(name) });
}

// another is the photo with something at its end that makes it another one; what
// shows a JPEG reads no further than the picture.
function another(bytes) {
  const all = new Uint8Array(bytes.byteLength + 16);
  all.set(new Uint8Array(bytes));
  all.set(new Uint8Array(randomBytes(16)), bytes.byteLength);
  return all.buffer;
}

// changeLogo sends the organisation's logo with its settings.
function changeLogo() {
  const form = send('GET', '/settings/organisation');
  think();
  send('POST', '/settings/organisation', {
    name: me.org.name, time_zone: selected(form.body, 'time_zone'), brand_color: hidden(form.body, 'brand_color') || '#206bc4',
    session_idle: field(form.body, 'session_idle'), session_life: field(form.body, 'session_life'), logo: http.file(logo, 'logo.svg', 'image/svg+xml'),
  });
}

const field = (body, name) => (((body || '').match(new RegExp(`<input[^>]*name="${name}"[^>]*>`)) || [''])[0].match(/value="([^"]*)"/) || [])[1] || '';

function selected(body, name) {
  const select = ((body || '').match(new RegExp(`<select[^>]*name="${name}"[\\s\\S]*?</select>`)) || [''])[0];
  return (select.match(/<option[^>]*value="([^"]*)"[^>]*selected/) || [])[1] || field(body, name);
}
