"""Where @digitalbazaar/vc judges a case of the corpus otherwise than we do, and why: every disagreement, explained.

The second half of a name is our verdict. The judge is given the suite eddsa-rdfc-2022, Bitstring status lists, and
drivers of did:web and did:key that read what the case maps (digitalbazaar/loading.mjs).
"""

BY_REASON: dict[str, tuple[str, ...]] = {
    "@set around a value says nothing in RDF; we want the value itself": (
        "meaningless_set_object_fail",
    ),
    "JavaScript's JSON.parse refuses a byte order mark, which RFC 8259 lets us pass over": (
        "spelled_byte_order_mark_pass",
    ),
    "JavaScript's JSON.parse takes the last one": (
        "json_member_twice_by_escape_fail", "member_twice_fail",
    ),
    "a vocabulary that gives no word another meaning leaves the signature good": (
        "nested_vocab_fail",
    ),
    "at exactly five minutes it refuses, we accept": (
        "clock_skew_pass",
    ),
    "it allows five minutes behind validUntil too": (
        "ended_before_it_began_fail", "expired_fail",
    ),
    "it compares the purpose of the list as a text, though it may be an array": (
        "list_purposes_pass",
    ),
    "it decodes any multibase, the specification says base58": (
        "proof_value_base64_fail",
    ),
    "it decodes base64url with padding too": (
        "key_jwk_padded_fail",
    ),
    "it does not look at the proof's expires": (
        "proof_expired_fail", "proof_expired_yesterday_fail",
    ),
    "it does not look at what is signed inside": (
        "endorsement_altered_fail", "endorsement_expired_fail", "endorsement_inside_bad_fail",
        "endorsement_key_unreachable_fail", "endorsement_not_yet_fail", "endorsement_of_another_badge_fail",
        "endorsement_of_another_key_fail", "endorsement_of_what_is_named_beside_it_fail",
        "endorsement_of_nothing_fail", "endorsement_revoked_fail", "endorsement_second_bad_fail",
        "endorsement_unsigned_fail", "endorsement_without_date_fail", "endorsements_too_deep_fail",
        "endorsements_too_many_fail",
    ),
    "it does not look at related resources": (
        "resource_twice_fail", "resource_without_digest_fail", "resource_without_id_fail",
    ),
    "it does not mind that the private key is published": (
        "key_jwk_private_fail", "key_private_fail",
    ),
    "it goes by the form of the key": (
        "key_type_missing_fail",
    ),
    "it is given the suite eddsa-rdfc-2022 alone": (
        "proof_jcs_pass", "suite_ecdsa_jcs_p256_pass", "suite_ecdsa_jcs_p384_pass", "suite_ecdsa_rdfc_p256_pass",
        "suite_ecdsa_rdfc_p384_pass", "suite_eddsa_jcs_pass",
    ),
    "it wants every proof of a chain to be the issuer's": (
        "chain_of_another_pass",
    ),
    "it knows no learner records": (
        "record_contexts_in_another_order_fail", "record_of_nobody_fail", "record_part_altered_fail",
        "record_part_unsigned_fail", "record_second_part_altered_fail", "record_without_name_fail",
        "record_without_parts_fail",
    ),
    "it is not asked about the recipient": (
        "recipient_clear_of_another_fail", "recipient_empty_fail", "recipient_fail",
        "recipient_hash_itself_fail", "recipient_nobody_fail", "recipient_prefix_fail",
    ),
    "it lets clocks differ by five minutes": (
        "list_ended_fail",
    ),
    "it knows no Open Badges": (
        "no_criteria_fail", "not_a_badge_type_fail", "schema_of_another_fail",
        "untyped_credentialsubject_achievement_image_fail", "without_achievement_alignment_targetname_fail",
        "without_achievement_alignment_targeturl_fail", "without_achievement_image_id_fail",
        "without_achievement_resultdescription_id_fail", "without_achievement_resultdescription_name_fail",
        "without_achievement_resultdescription_resulttype_fail",
        "without_credentialsubject_achievement_description_fail",
        "without_credentialsubject_achievement_fail", "without_credentialsubject_achievement_id_fail",
        "without_credentialsubject_achievement_name_fail", "without_credentialsubject_identifier_hashed_fail",
        "without_credentialsubject_identifier_identityhash_fail",
        "without_credentialsubject_identifier_identitytype_fail", "without_id_fail", "without_validfrom_fail",
        "wrong_achievement_text_fail", "wrong_awarded_without_zone_fail", "wrong_credits_text_fail",
        "wrong_criteria_text_fail", "wrong_description_number_fail", "wrong_hash_number_fail",
        "wrong_hashed_text_fail", "wrong_identifier_text_fail", "wrong_image_caption_number_fail",
        "wrong_image_extra_member_fail", "wrong_image_text_fail", "wrong_issuer_url_words_fail",
        "wrong_name_boolean_fail", "wrong_name_number_fail", "wrong_name_object_fail",
        "wrong_result_description_relative_fail", "wrong_result_value_number_fail",
        "wrong_start_american_fail", "wrong_start_words_fail", "wrong_tag_number_fail",
        "wrong_target_relative_fail", "wrong_valid_from_array_fail", "wrong_valid_from_impossible_fail",
        "wrong_valid_from_without_zone_fail", "wrong_valid_until_24_hours_fail",
        "wrong_valid_until_without_zone_fail",
    ),
    "it reads the JSON, and does not see a status that is written as an IRI": (
        "status_spelled_out_fail",
    ),
    "it reads the index with parseInt": (
        "status_index_fraction_fail", "status_index_spaces_fail",
    ),
    "it sets no least length": (
        "status_short_fail",
    ),
    "it takes a status of nothing for no status": (
        "status_empty_array_fail",
    ),
    "it takes the first method of that name": (
        "key_twice_differently_fail", "key_twice_fail",
    ),
    "it takes the one object in assertionMethod for the list": (
        "document_assertions_object_fail",
    ),
    "it unpacks a list of any size": (
        "list_bomb_fail",
    ),
    "it uses the form it knows": (
        "both_key_forms_fail",
    ),
    "it verifies any number of proofs": (
        "many_proofs_fail",
    ),
    "it wants to look up the status of the status list too": (
        "list_status_of_itself_pass",
    ),
    "its suite does not look at expires": (
        "key_expired_fail", "key_expires_malformed_fail",
    ),
    "its suite does not look at revoked": (
        "key_revoked_fail", "key_revoked_malformed_fail", "key_revoked_now_fail",
    ),
    "its suite wants a Multikey": (
        "key_as_2020_pass",
    ),
    "safe mode lets @index pass, which no signature covers": (
        "index_keyword_fail",
    ),
    "the driver of did:web that stands in here looks in verificationMethod only": (
        "key_embedded_pass",
    ),
    "the driver of did:web that stands in here takes names as they are written": (
        "key_relative_id_pass", "key_relative_twice_fail",
    ),
    "the driver of did:web that stands in here unescapes the path": (
        "issuer_web_escaped_pass",
    ),
}  # fmt: skip
JUDGED_OTHERWISE = {name: reason for reason, names in BY_REASON.items() for name in names}
