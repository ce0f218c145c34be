-- Whoever changes a merchant number's row: what is stopped goes on by the words of two people (merchant_say()) and in no other way, also not by
-- setting it anew. The second person's word is of the same transaction.

CREATE FUNCTION merchant_switch() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT w.word = 'run' AND w.at >= transaction_timestamp() FROM hongbao.merchant_word w WHERE w.merchant = NEW.id ORDER BY w.no DESC LIMIT 1)
        IS NOT TRUE THEN
        RAISE EXCEPTION 'merchant %: to let it go on takes two people', NEW.id USING ERRCODE = 'HB007';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER merchant_switch BEFORE UPDATE ON merchant FOR EACH ROW WHEN (OLD.stopped AND NOT NEW.stopped) EXECUTE FUNCTION merchant_switch();
ALTER TABLE merchant ENABLE ALWAYS TRIGGER merchant_switch;
REVOKE EXECUTE ON FUNCTION merchant_switch FROM PUBLIC;
