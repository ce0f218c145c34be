-- Who may do what with the wallet and the payouts. Nobody who signs in writes a table. hongbao_admin is the operators' role: it may do what the
-- engine may (roles.sql), and besides what two people or an operator's word is needed for.

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA hongbao FROM PUBLIC;
REVOKE EXECUTE ON ALL PROCEDURES IN SCHEMA hongbao FROM PUBLIC;

-- Not person, payee, payout_body, voucher_code: what is sealed is read through functions, by the engine alone.
GRANT SELECT ON transfer_kind, wallet_policy, tax_rule, merchant, merchant_day, withdrawal, withdrawal_part, payout, payout_step, payout_event,
    withdrawal_approval, win_use, correction, settlement, settlement_line, voucher_prize, voucher, voucher_event, voucher_stock, tax_export,
    transfer_effect, account_sums, account_adjusted, check_balance, check_limit, check_transfer_kind, check_resolution, check_campaign,
    check_reserved, check_payable, check_use, check_taken_back, check_withdrawal, check_attempt, payout_problem, check_payout,
    check_payout_books, check_merchant_day, check_voucher, check_settlement, check_stale, check_all, account_mark, books_mark TO hongbao_engine,
    hongbao_auditor;
-- Its rows, not its content: that a code is there.
GRANT SELECT (slug, prize_id, no, at) ON voucher_code TO hongbao_engine, hongbao_auditor;

GRANT EXECUTE ON FUNCTION
    person_put, person_get, payee_put, payee_get, payee_shared, person_erase,
    withdraw_open, wallet, wallet_transactions, withdrawals, withdrawal_parts,
    payout_claim, payout_due, payout_sent, payout_verdict, payout_again, expire_some,
    voucher_bind, voucher_bind_missing, vouchers, voucher_state, voucher_due, books_recent, campaign_open_items TO hongbao_engine;
GRANT EXECUTE ON FUNCTION
    ref_of, transfer_fits, account_class, account_room, tax_withheld_fen, tax_gross_up_fen, piece_fen, parts_cut, payout_no, win_lapses_at,
    wallet_policy_of, merchant_quiet, batch_hash_2, uuid_bytes, movement_bytes, withdrawal_bytes, payout_bytes, event_bytes, use_bytes,
    batch_records, settlement_lines, account_sums_between, accounts_off TO hongbao_engine, hongbao_auditor;
GRANT EXECUTE ON FUNCTION
    wallet_policy_set, wallet_stop, tax_rule_set, merchant_set, merchant_stop, merchant_topup, tax_remit, withdrawal_take_back, withdrawal_approve,
    correction_ask, correction_decide, campaign_close, voucher_mode_set, voucher_import TO hongbao_admin;
