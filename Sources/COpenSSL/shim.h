#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* What OpenSSL offers as macros only, which Swift can't call. */

static inline EVP_PKEY *quartermaster_new_key(void) { return EVP_EC_gen("P-256"); }

static inline int quartermaster_flush(BIO *bio) { return BIO_flush(bio); }

static inline long quartermaster_contents(BIO *bio, char **start) {
  return BIO_get_mem_data(bio, start);
}

static inline STACK_OF(X509) *quartermaster_new_list(void) { return sk_X509_new_null(); }

static inline int quartermaster_append(STACK_OF(X509) *list, X509 *certificate) {
  return sk_X509_push(list, certificate);
}

static inline int quartermaster_count(STACK_OF(X509) *list) { return sk_X509_num(list); }

static inline X509 *quartermaster_element(STACK_OF(X509) *list, int index) {
  return sk_X509_value(list, index);
}

static inline void quartermaster_free_list(STACK_OF(X509) *list) { sk_X509_free(list); }
