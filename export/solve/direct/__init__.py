"""Problems of few axes solved directly: one factorisation, or Newton's method on a tensor grid."""
