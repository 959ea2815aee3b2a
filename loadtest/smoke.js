// Five people for two minutes: is everything there that the others will use?
import { keep, options as shared } from './config.js';
import { work } from './people.js';

export const options = shared({ smoke: { executor: 'constant-vus', vus: Number(__ENV.USERS || 5), duration: __ENV.DURATION || '2m', gracefulStop: '10s' } });
export default () => work();
export const handleSummary = keep;
