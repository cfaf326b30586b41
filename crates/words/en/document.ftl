# The documents that may prove who somebody is.
document-resident-id = Resident identity card
document-temporary-resident-id = Temporary resident identity card
document-household-register = Household register
document-military-id = Military or armed police identity card
document-hong-kong-macao-permit = Mainland travel permit for Hong Kong and Macao residents
document-taiwan-permit = Mainland travel permit for Taiwan residents
document-residence-permit = Residence permit for Hong Kong, Macao and Taiwan residents
document-permanent-residence = Foreign permanent resident identity card
document-chinese-passport = Chinese passport
document-foreign-passport = Foreign passport
document-business-licence = Business licence
document-other = Another document
