const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Times as texts, where many of them are of one second: what stays the same is made once. */
export interface TimeText {
  /** `2026-11-21T15:47:21.924Z` */
  iso(time: number): string;
  /** `21/Nov/2026:15:47:21 +0000` */
  apache(time: number): string;
}

export function createTimeText(): TimeText {
  let isoSecond = -1;
  let isoText = '';
  let apacheSecond = -1;
  let apacheText = '';
  return {
    iso(time) {
      const second = Math.floor(time / 1000);
      if (second !== isoSecond) {
        isoSecond = second;
        isoText = new Date(second * 1000).toISOString().slice(0, 20);
      }
      return `${isoText}${String(Math.floor(time) % 1000).padStart(3, '0')}Z`;
    },
    apache(time) {
      const second = Math.floor(time / 1000);
      if (second !== apacheSecond) {
        apacheSecond = second;
        const [date = '', clock = ''] = new Date(second * 1000).toISOString().split('T');
        const [year, month, day] = date.split('-');
        apacheText = `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000`;
      }
      return apacheText;
    },
  };
}
