// words.js - every sentence of the page, one record per language. {name} is filled in by i18n.t().
export const words = {
  "zh-CN": {
    skip: "跳到正文", brand: "红包", nav: "页面", sandbox: "演示环境：这里的红包不会真的打款",
    other_language: "English",
    tab_home: "抽红包", tab_wins: "奖品", tab_wallet: "余额", tab_rules: "规则",
    loading: "正在打开活动…", need_campaign: "网址里没有活动名称。请从活动链接重新进入。",

    starts_in: "距离开始还有", ends_in: "距离结束还有", starts_at: "{time} 开始（{zone}）", ends_at: "{time} 结束（{zone}）",
    ended_at: "活动已于 {time} 结束（{zone}）", paused: "活动暂停中，恢复后就能继续，机会都还在",
    days: "天", hours: "时", minutes: "分", seconds: "秒",

    packet_open: "开红包", packet_opening: "正在开红包", hint_open: "轻点红包，拆开看看", hint_opening: "正在拆开…",
    hint_soon: "红包还没到点，先等等", hint_paused: "红包歇一会儿", hint_ended: "红包已经派完收工，谢谢参与",
    hint_none: "机会用完啦，谢谢参与", hint_signin: "登录后就能开红包",
    chances_left: "还有 {n} 次机会", opened_today: "今天已开 {n} 个", opened_today_of: "今天已开 {n} / {max} 个",

    won_title: "恭喜中奖", won_cash: "你抽中了{name}，{amount}", won_other: "你抽中了{name}",
    won_cash_note: "已存入红包余额", won_voucher_note: "已放进“我的奖品”", won_link_cash: "看看余额", won_link_other: "看看奖品",
    none_title: "这次没有中", none_text: "好运正在路上", none_note: "没有中奖，但心意收到了。谢谢你来。",
    again: "再开一个", again_note: "还有 {n} 次机会",

    retry_in: "{s} 秒后自动再试。还是同一个红包，不会多用机会。", retry_now: "正在再试一次。还是同一个红包，不会多用机会。",
    offline: "网络断开了", network: "网络不太顺畅", try_again: "再试一次", reload: "重新加载",
    gave_up: "还没有等到答复。你的红包还在，稍后再试还是同一个。", resumed: "上次的红包还没拆完，接着拆",
    refreshed: "已经更新到最新次数，请再点一次。",

    signin_title: "请先登录", signin_text: "请从主办方的 App 或活动链接进入，进来就能开红包。",
    signin_text_sandbox: "这是演示环境。把演示凭证粘贴到下面就能开始。", signin_label: "演示凭证", signin_button: "进入活动",

    wins_title: "我的奖品", wins_none: "还没有奖品，去拆一个红包吧。", more: "加载更多", wins_all: "已经到底了", draw_no: "第 {n} 次",
    to_home: "去开红包",
    wallet_title: "红包余额", balance: "余额", wins_total: "共中奖 {n} 次", times: "{n} 次", cash_wins: "现金红包", other_wins: "其他奖品",
    campaign_named: "活动 {id}",

    rules_title: "活动规则", how_title: "怎么玩", prizes_title: "奖品与概率", prizes_caption: "每次抽奖的概率、数量与金额",
    rule_time: "活动时间：{from} 至 {to}（{zone}）", rule_base: "每人有 {n} 次机会", rule_day: "每天再得 {n} 次机会",
    rule_cap_day: "每人每天最多抽 {n} 次", rule_cap_all: "每人整个活动最多抽 {n} 次",
    col_prize: "奖品", col_odds: "概率", col_units: "剩余 / 总数", col_amount: "金额",
    odds_moments: "定时放出", odds_moments_note: "在事先封存的时刻放出，之后第一位符合条件的人获得",
    odds_always: "保底", odds_always_note: "没有抽中其他奖品时发放，送完即止",
    one_in: "约每 {n} 次 1 次", one_in_exact: "每 {n} 次 1 次", amount_split: "{min} 至 {max}", amount_goods: "实物或卡券",
    per_player: "每人最多 {n} 份",
    kind_cash: "现金红包", kind_cash_split: "拼手气红包", kind_voucher: "优惠券", kind_card: "卡片",

    fairness_title: "公平可验证",
    fairness_text: "每次抽奖指向哪个奖品，在活动开始前就由一个封存的秘密决定，谁都改不了。活动结束后公布秘密，任何人都能重算每一次抽奖。",
    commitment: "承诺（秘密与规则的哈希）", public_source: "公开随机数来源", public_value: "公开随机数",
    public_later: "到时公布", public_none: "没有公开来源，仅由主办方封存", secret: "揭晓的秘密", secret_later: "活动结束后公布",
    version: "第 {n} 版", your_number: "你的参与者编号",
  },

  en: {
    skip: "Skip to content", brand: "Hongbao", nav: "Pages", sandbox: "Demo environment: no real money is paid here",
    other_language: "中文",
    tab_home: "Packet", tab_wins: "Wins", tab_wallet: "Wallet", tab_rules: "Rules",
    loading: "Opening the campaign…", need_campaign: "The address names no campaign. Please come in again by the campaign's link.",

    starts_in: "Starts in", ends_in: "Ends in", starts_at: "Starts {time} ({zone})", ends_at: "Ends {time} ({zone})",
    ended_at: "Ended {time} ({zone})", paused: "Paused for now. It goes on soon, and your chances are kept.",
    days: "days", hours: "hours", minutes: "min", seconds: "sec",

    packet_open: "Open a red packet", packet_opening: "Opening the red packet", hint_open: "Tap the packet to open it", hint_opening: "Opening…",
    hint_soon: "Not yet: the packets are still being wrapped", hint_paused: "The packets are taking a short rest", hint_ended: "All packets are out. Thank you for playing!",
    hint_none: "That was your last chance. Thank you for playing!", hint_signin: "Sign in to open a packet",
    chances_left: "Chances left: {n}", opened_today: "Opened today: {n}", opened_today_of: "Opened today: {n} of {max}",

    won_title: "Congratulations!", won_cash: "You won {name}: {amount}", won_other: "You won {name}",
    won_cash_note: "It is in your wallet", won_voucher_note: "It is among your wins", won_link_cash: "See my wallet", won_link_other: "See my wins",
    none_title: "Not this time", none_text: "Good luck is on its way", none_note: "Nothing in this one, but it is good to have you here.",
    again: "Open another", again_note: "Chances left: {n}",

    retry_in: "Trying again in {s} s. It stays the same packet and never takes a second chance.", retry_now: "Trying again. It stays the same packet and never takes a second chance.",
    offline: "You are offline", network: "The network is not answering", try_again: "Try again", reload: "Load again",
    gave_up: "There is no answer yet. Your packet is kept: trying later opens the same one.", resumed: "Your last packet was still being opened; going on with it",
    refreshed: "Your chances are up to date now. Please tap again.",

    signin_title: "Please sign in", signin_text: "Come in by the organiser's app or the campaign's link, and the packets are yours to open.",
    signin_text_sandbox: "This is a demo. Paste a demo token below to begin.", signin_label: "Demo token", signin_button: "Enter",

    wins_title: "My wins", wins_none: "Nothing here yet. Go and open a packet!", more: "Load more", wins_all: "That is all", draw_no: "Draw {n}",
    to_home: "Open a packet",
    wallet_title: "Wallet", balance: "Balance", wins_total: "Wins in all: {n}", times: "{n}", cash_wins: "Cash packets", other_wins: "Other prizes",
    campaign_named: "Campaign {id}",

    rules_title: "Rules", how_title: "How it works", prizes_title: "Prizes and odds", prizes_caption: "Odds of each draw, quantities and amounts",
    rule_time: "From {from} to {to} ({zone})", rule_base: "Chances for everyone: {n}", rule_day: "More chances each day: {n}",
    rule_cap_day: "At most {n} draws a day for each person", rule_cap_all: "At most {n} draws in the whole campaign for each person",
    col_prize: "Prize", col_odds: "Odds", col_units: "Left / all", col_amount: "Amount",
    odds_moments: "At set moments", odds_moments_note: "Released at moments sealed beforehand; the first eligible person after one gets it",
    odds_always: "Always", odds_always_note: "Given when a draw wins nothing else, while stock lasts",
    one_in: "about 1 in {n}", one_in_exact: "1 in {n}", amount_split: "{min} to {max}", amount_goods: "Goods or code",
    per_player: "At most {n} for each person",
    kind_cash: "Cash packet", kind_cash_split: "Lucky split packet", kind_voucher: "Voucher", kind_card: "Card",

    fairness_title: "Fair, and you can check it",
    fairness_text: "Which prize a draw points at is decided by a secret sealed before the start, and nobody can change it. After the end the secret is published, and anyone can recompute every draw.",
    commitment: "Commitment (hash of secret and rules)", public_source: "Source of the public value", public_value: "Public value",
    public_later: "Known later", public_none: "No public source: sealed by the organiser only", secret: "Revealed secret", secret_later: "Published after the end",
    version: "Version {n}", your_number: "Your player number",
  },
};
